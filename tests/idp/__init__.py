"""A campus login for the tests: real CAS 3 and OpenID Connect servers in one Django project."""

from typing import Any

CLIENT = "gateway"
SECRET = "known to both of them alone"
PASSWORD = "a word that all of them share"
PEOPLE: dict[str, dict[str, Any]] = {
    "zhang": {"number": "T001", "cn": "张三", "kind": ["teacher", "staff"]},
    "li": {"number": "T002", "cn": "李四", "kind": ["teacher"]},
    "guest": {"number": "G900", "cn": "访客", "kind": ["guest"]},
    "broken": {"number": "T 9/9", "cn": "", "kind": ["teacher"]},
}
