from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("review", "0006_checks_to_ledger")]

    operations = [migrations.DeleteModel(name="RecommendationCheck")]
