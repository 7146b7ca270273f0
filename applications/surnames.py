"""姓氏: the surnames that people in China have, for telling and ordering names.

`SINGLE` are nearly all of the 《百家姓》, but for those that are a word far more often (公, 国),
and others that are met today; it is not complete. `COMPOUND` are the 复姓.
"""

SINGLE = frozenset(
    # 《百家姓》
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎"
    "鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄"
    "和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭"
    "梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚"
    "程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫"
    "宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰鄂索咸籍赖卓蔺屠蒙池乔阴胥苍双闻"
    "莘党翟谭贡劳逄姬申扶堵冉宰郦雍郤璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向"
    "古易慎戈廖庾终暨居衡步都耿满弘匡文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾"
    "毋沙乜养鞠须丰巢关蒯查荆红游竺权逯盖益桓岳帅缑亢况琴归海晋楚闫汝鄢涂钦佘佟商牟伯赏墨哈"
    "谯笪爱阳福"
    # Besides.
    "肖付代覃仝兰苟冼粟麦丘邝谌植亓尧邸占仵么迟揭漆战庹盘旷青母拜丑鹿辜佴敦隋楼苑晃巨斯佃刀召岩冶丛才折"
    "南曼木英亢税䶮"
)
# 复姓 that people have today. A longer name that begins with one of them has it as its surname.
# 王孙 is left out: 王孙某 is nearly always 王 followed by the mother's surname.
_COMPOUND = (
    # Those that 公安部 counts in its 《二〇二〇年全国姓名报告》.
    "欧阳 上官 皇甫 令狐 诸葛 司徒 司马 申屠 夏侯 贺兰 完颜 慕容 尉迟 长孙 "
    # Besides, those of somebody in the national register of 2008 (package ChineseNames).
    "宇文 呼延 乐正 鲜于 公玉 南荣 赫连 东方 仲长 宗政 濮阳 段干 闻人 公孙 "
    "谷梁 亓官 端木 公祖 南宫 巫马 公伯 公西 南门 公仲 轩辕 钟离 梁丘 第五 "
    "公良 司空 仲孙 东里 褚师 公山 左丘 西门 公羊 子书 公冶 漆雕 东郭 子桑 "
    "公坚 公上 万俟 澹台 司寇 达奚 公仪 颛孙 子车 "
    # Besides, those of the 《百家姓》.
    "淳于 单于 太叔 闾丘 拓跋 夹谷 宰父 百里 羊舌 微生 东门 壤驷 伯赏 "
    # Besides, those that dictionaries of surnames call living (《中国姓氏大辞典》 and the like).
    "太史 独孤 西陵 东宫 东乡 南郭 北宫 叔孙 公乘 相里 司城 尔朱 屈突 雍门 "
    "毋丘 綦毋 贯丘 侯莫 侯莫陈 纳兰 叶赫 那拉 叶赫那拉 爱新觉罗 "
)
COMPOUND = frozenset(_COMPOUND.split())
