"""What identity refuses."""

from typing import ClassVar

from shared.errors import DomainError, ErrorKind


class WrongPasswordError(DomainError):
    """Login or password is wrong; which of them is not said."""

    kind: ClassVar = ErrorKind.UNAUTHENTICATED
    code: ClassVar = "wrong-password"
    title_zh: ClassVar = "账号或密码不正确"
    title_en: ClassVar = "Wrong login or password"


class CodeNeededError(DomainError):
    """The password is right, and a one-time code is missing."""

    kind: ClassVar = ErrorKind.UNAUTHENTICATED
    code: ClassVar = "code-needed"
    title_zh: ClassVar = "需要动态口令"
    title_en: ClassVar = "A one-time code is needed"


class WrongCodeError(DomainError):
    """The one-time code is wrong, too old, or was taken before."""

    kind: ClassVar = ErrorKind.UNAUTHENTICATED
    code: ClassVar = "wrong-code"
    title_zh: ClassVar = "动态口令不正确"
    title_en: ClassVar = "Wrong one-time code"


class SecondFactorError(DomainError):
    """One-time codes cannot be set up, confirmed or removed as things are."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "second-factor"
    title_zh: ClassVar = "动态口令的状态不允许"
    title_en: ClassVar = "One-time codes: not as things are"


class NoRoleError(DomainError):
    """Somebody proved who he is, and no role of his is known here."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "no-role"
    title_zh: ClassVar = "尚无角色"
    title_en: ClassVar = "No role yet"


class RoleNotHeldError(DomainError):
    """The visitor does not hold the role that he wants to act in."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "role-not-held"
    title_zh: ClassVar = "没有这个角色"
    title_en: ClassVar = "Not a role of yours"


class NotASessionError(DomainError):
    """Only a person who signed in can do this; a key cannot."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "not-a-session"
    title_zh: ClassVar = "须以登录会话操作"
    title_en: ClassVar = "Only with a session"


class UnknownSessionError(DomainError):
    """No live session has this id, or it is somebody else's."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "session-unknown"
    title_zh: ClassVar = "没有这个会话"
    title_en: ClassVar = "No such session"


class AccountTakenError(DomainError):
    """Login or subject belongs to another account."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "account-taken"
    title_zh: ClassVar = "账号已存在"
    title_en: ClassVar = "Account taken"


class UnknownAccountError(DomainError):
    """No live account has this login."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "account-unknown"
    title_zh: ClassVar = "没有这个账号"
    title_en: ClassVar = "No such account"


class UnknownKeyError(DomainError):
    """No live key has this id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "key-unknown"
    title_zh: ClassVar = "没有这个密钥"
    title_en: ClassVar = "No such key"


class CertificateTakenError(DomainError):
    """The certificate stands for another key already."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "certificate-taken"
    title_zh: ClassVar = "证书已用于另一密钥"
    title_en: ClassVar = "The certificate stands for another key"


class MalformedKeyError(DomainError):
    """The key given by the settings is not written ``h8k_<id>_<secret>``."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "key-malformed"
