"""What the codes of verdicts and warnings mean, for whoever mends the row. Source: our default."""

from collections.abc import Mapping
from typing import Final

REASONS: Final[Mapping[str, str]] = {
    "missing": "必填，但没有值 (required, and empty)",
    "unmapped-code": "代码映射中没有这个值 (no mapping for this value)",
    "unknown-code": "不在代码集中 (not in the code set)",
    "not-integer": "不是整数 (not a whole number)",
    "not-decimal": "不是数值 (not a number)",
    "not-percent": "不是百分数 (not a percentage)",
    "not-ratio": "不是 0 到 1 的比率 (not a ratio between 0 and 1)",
    "not-money": "不是金额 (not an amount)",
    "not-boolean": "不是是/否 (not a yes or no)",
    "not-date": "不符合约定的日期格式 (not a date in the agreed form)",
    "not-month": "不符合约定的年月格式 (not a month in the agreed form)",
    "not-timestamp": "不符合约定的时间格式 (not a time in the agreed form)",
    "not-days_after": "不是天数，或起始日未知 (no whole days, or no first day)",
    "not-list": "不是列表；JSON 列表须由文本或整数组成 (no list; of JSON one of texts or numbers)",
    "not-digits": "不是数字编号 (not a number of digits alone)",
    "not-term": "不符合约定的学年学期写法 (not a term in the agreed form)",
    "not-id_number": "不是 18 或 15 位身份证号 (not a citizen's number of 18 or 15 digits)",
    "not-uscc": "统一社会信用代码有误 (not a valid unified social credit code)",
    "not-weeks": "不是周次 (not weeks)",
    "not-sections": "不是节次 (not class sections)",
    "not-text": (
        "是 JSON 的对象或列表，或者在主键、引用中写了真假值，不是文本"
        " (an object or a list, or true/false for a key or a reference: no text)"
    ),
    "ambiguous-date": (
        "月与日次序不明，请在约定中写明 date_order (month or day first? Pin date_order in the feed)"
    ),
    "date-out-of-range": "日期超出约定的范围 (the date is beyond the agreed range)",
    "ends-before-it-begins": (
        "有效期的止早于起，请在源系统中改正 (valid_to is before valid_from: mend it at the source)"
    ),
    "became-a-date": "被电子表格误认成日期 (a spreadsheet took it for a date)",
    "digits-lost": "科学计数法，末尾数字已丢失 (scientific notation: digits are lost)",
    "letter-in-number": "数字中混有字母 (a letter stands for a digit)",
    "lost-zero": "位数不足，补零后的号码不在库中 (too short, and unknown with its zeros back)",
    "id-region": "身份证号的行政区划从未有过 (no such region, now or ever)",
    "id-birth-date": "身份证号的出生日期不存在或在将来 (no such birthday, or not yet)",
    "id-check-digit": "身份证号的校验码不符 (the check digit is wrong)",
    "term-years": "学年的两个年份须相连 (the two years do not follow each other)",
    "too-long": "超过长度上限 (too long)",
    "out-of-range": "超出取值范围 (out of range)",
    "mojibake": "乱码：编码在上游已被弄错 (garbled: decoded wrongly before it came here)",
    "control-character": "含控制字符 (control characters)",
    "dot-segment": (
        "主键或引用以 / 分开的某一段是 . 或 ..，没有地址可达，请在源系统中改正"
        " (a part of the key, between /, is . or ..: no address leads to it; mend it at the source)"
    ),
    "cell-error": "表格公式出错或没有结果，请在源表中改正 (a formula failed or has no result)",
    "no-parent": "所引用的记录还没有到 (the record it refers to has not come yet)",
}
"""Why a row is put aside."""

_MEND: Final = (
    "在源系统中改正；若它表示“无”，列入约定的 null_words",
    "mend it at the source; if it means nothing, list it in null_words of the feed",
)
_FORMS: Final = (
    "在约定的 formats 中写明写法，或在源系统中改正",
    "tell its form in formats of the feed, or mend it at the source",
)
_CHECK: Final = ("在源系统中核对改正", "check it and mend it at the source")
REMEDIES: Final[Mapping[str, tuple[str, str]]] = {
    "missing": (
        "在源系统中补上，或在约定中写 default",
        "fill it at the source, or give a default in the feed",
    ),
    "not-boolean": ("在约定的 codes 中写明", "tell what it means in codes of the feed"),
    **dict.fromkeys(
        ("not-integer", "not-decimal", "not-percent", "not-ratio", "not-money", "not-digits"), _MEND
    ),
    **dict.fromkeys(("not-date", "not-month", "not-timestamp"), _FORMS),
    **dict.fromkeys(
        ("not-id_number", "not-uscc", "id-region", "id-birth-date", "id-check-digit"), _CHECK
    ),
}
"""What to do about some of the reasons, in two languages."""

WARNINGS: Final[Mapping[str, str]] = {
    "absences-held": "缺少的记录暂不删除 (absent records are not deleted yet)",
    "beyond-code-set": "国标代码集之外的通行代码 (in use, but not in the code set)",
    "birth-date-contradicts-id": "出生日期与身份证号不一致 (contradicts the identity number)",
    "defaulted": "来源未填，取默认值 (the source says nothing: the default stands)",
    "drifted": "与上一批次的写法不同 (written otherwise than the batch before)",
    "excel-row-limit": "文件恰好止于电子表格的行数上限，可能被截断 (ends at a spreadsheet's limit)",
    "first-of-several": "一格多值，取其一 (one of several values in the cell)",
    "in-wan": "以万为单位，已折算成元 (in ten thousands, turned into yuan)",
    "month-1-or-10": "小数点后的 1 可能是 10 月 (the 1 behind the dot may be October)",
    "old-id-number": "15 位旧身份证号，已转换成 18 位 (15 digits, turned into 18)",
    "placeholder-date": "占位日期，按空值处理 (a date that stands for none)",
    "private-use": "私用区字符，已换成正式编码 (a private code point, replaced)",
    "private-use-unknown": "私用区字符，无法辨认 (a private code point nobody can read)",
    "rekeyed": "记录的主键已变更，按现主键处理 (the record has another key now, which is taken)",
    "remark-dropped": "括注已去掉 (a remark in brackets was left out)",
    "sex-contradicts-id": "性别与身份证号不一致 (contradicts the identity number)",
    "zero-restored": "前导零已补回 (leading zeros given back)",
}
"""What is odd about a row that was taken in."""
