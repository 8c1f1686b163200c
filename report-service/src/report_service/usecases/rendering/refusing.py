"""Why a template cannot be used, and what its author can do."""


class TemplateRefusal(Exception):  # noqa: N818 — an answer, not a failure
    """A template that makes no file.

    Args:
        zh: why, in Chinese, with the place.
        en: the same in English.
        fix: what to do about it.
    """

    def __init__(self, zh: str, en: str, fix: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.fix = fix
