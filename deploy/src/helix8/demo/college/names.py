"""Invented Chinese names, put together from common surnames and given-name characters."""

from random import Random

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_RARE_SURNAMES = ("欧阳", "司马", "上官", "诸葛")
_RARE_GIVEN = "䶮喆堃淼"
_MALE = "伟强磊洋勇军杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林建文浩然子轩博睿航晨宏志"
_FEMALE = "芳娜敏静丽艳娟霞秀英玲桂兰萍红玉婷雪慧莹雅琳欣怡佳悦梦瑶诗涵思颖可馨语嫣晓丹"
_RARE_SHARE = 0.004
_ONE_CHARACTER = 0.22


def person_name(random: Random, *, female: bool) -> str:
    """Return a name of two to four characters.

    A few have a rare surname or a rare character; 䶮 among them, which gb18030 can encode and
    gbk cannot.
    """
    pool = _FEMALE if female else _MALE
    length = 1 if random.random() < _ONE_CHARACTER else 2
    given = "".join(random.choice(pool) for _ in range(length))
    if random.random() < _RARE_SHARE:
        return random.choice(_SURNAMES) + random.choice(_RARE_GIVEN)
    if random.random() < _RARE_SHARE:
        return random.choice(_RARE_SURNAMES) + given
    return random.choice(_SURNAMES) + given
