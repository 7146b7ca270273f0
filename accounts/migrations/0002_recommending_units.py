"""The recommending units of Wuhan: districts and functional zones, then industry authorities."""

from django.db import migrations

HR_BUREAU = "人力资源和社会保障局"
DISTRICTS = [
    ("JA", "江岸区"),
    ("JH", "江汉区"),
    ("QK", "硚口区"),
    ("HY", "汉阳区"),
    ("WC", "武昌区"),
    ("QS", "青山区"),
    ("HS", "洪山区"),
    ("CD", "蔡甸区"),
    ("JX", "江夏区"),
    ("HP", "黄陂区"),
    ("XZ", "新洲区"),
    ("DXH", "武汉临空港经济技术开发区（东西湖区）"),
    ("HN", "武汉经济技术开发区（汉南区）"),
    ("DHGX", "武汉东湖新技术开发区"),
    ("DHFJ", "东湖生态旅游风景区"),
    ("CJXQ", "武汉长江新区"),
]
AUTHORITIES = [
    ("SJXJ", "市经济和信息化局"),
    ("SJYJ", "市教育局"),
    ("SCJJ", "市城乡建设局"),
    ("SJTJ", "市交通运输局"),
    ("SSWU", "市水务局"),
    ("SNYJ", "市农业农村局"),
    ("SSWJ", "市商务局"),
    ("SWLJ", "市文化和旅游局"),
    ("SWJW", "市卫生健康委员会"),
    ("SGZW", "市人民政府国有资产监督管理委员会"),
    ("SCGW", "市城市管理执法委员会"),
    ("SYLJ", "市园林和林业局"),
    ("SZGH", "市总工会"),
]


def add_units(apps, schema_editor):
    """Add each unit that is not there yet; a unit renamed since then keeps its name."""
    RecommendingUnit = apps.get_model("accounts", "RecommendingUnit")
    units = [(code, f"{name}{HR_BUREAU}", "DISTRICT") for code, name in DISTRICTS]
    units += [(code, f"武汉{name}", "INDUSTRY") for code, name in AUTHORITIES]
    for number, (code, name, kind) in enumerate(units, start=1):
        RecommendingUnit.objects.get_or_create(
            code=code, defaults={"name": name, "kind": kind, "position": number * 10}
        )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunPython(add_units, migrations.RunPython.noop, elidable=False)]
