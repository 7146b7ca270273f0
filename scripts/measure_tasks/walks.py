"""The tasks, each walked by what a person reads on the pages.

Every walk takes a `Hand` and what prepare.py says of its task, and does the same work on every
build. A control is looked for by name; where a build leads to it by another way, the way is listed.
"""

import io
import re

import pikepdf

from scripts.measure_tasks.applying import apply
from scripts.measure_tasks.hand import Lost

STATES_TO_DO = r"(未核实|未核|未办|待核|未登记)"
# What an expert looks at for each criterion, in their order.
PROOF_OF_CRITERIA = ("HONOUR", "ACHIEVEMENT", "CERTIFICATE", "FOUNDING", "LICENCE")
OPINION = "经审核，材料真实有效，同意。"


def paper(name, pages=1):
    """Return a blank PDF as a browser would send it."""
    pdf, out = pikepdf.new(), io.BytesIO()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(595, 842))
    pdf.save(out)
    return {"name": name, "mimeType": "application/pdf", "buffer": out.getvalue()}


def field(hand, label, within=None):
    """Return the visible field with this label, or None."""
    for control in (within or hand.page).get_by_label(re.compile(label)).all():
        if control.is_visible() and control.is_enabled():
            return control
    return None


def file_field(hand, label, within=None):
    """Return the file field with this label, which may be drawn as something else."""
    for control in (within or hand.page).get_by_label(re.compile(label)).all():
        if control.get_attribute("type") == "file" and control.is_enabled():
            return control
    return None


def decide(hand, label, text=OPINION, ways=()):
    """Take a decision: find its form, give the opinion that it asks for, confirm."""
    button = ("button", rf"^(确认)?{label}$")
    choice = hand.reach(
        button,
        ("link", rf"^{label}…?$"),
        ("button", rf"^{label}…$"),
        ("radio", rf"^{label}"),
        ("tab", rf"^{label}"),
        ways=ways,
    )
    if hand.see(*button) is None:
        hand.press(choice)
        hand.reach(button)
    opinion = field(hand, r"^意见") or field(hand, "意见$") or field(hand, "意见内容")
    if opinion:
        hand.type(opinion, text)
    hand.go(button)


def verify(hand, task):
    """Verify every item of one application, three checks with their papers, and recommend it."""
    hand.open(f"/review/{task['applications'][0]}/")
    to_do = ("link", STATES_TO_DO)
    ways = (
        ("link", "^(逐项核验|继续核验|去核验|开始核验)"),
        ("tab", "核验"),
        ("link", "^核验"),
    )
    hand.reach(("button", "^属实$"), to_do, ways=ways)
    began, ended = task["publicity"]
    for _ in range(80):
        if mark := hand.see("button", "^属实$") or hand.see("button", "^全部原件已核"):
            hand.press(mark)
        elif (save := hand.see("button", "^登记$")) and field(hand, "出具单位|公示单位"):
            # A file that the applicant gave may stand for it; these have none.
            for label, text in (
                ("出具单位|公示单位", "武汉市公安局江岸区分局"),
                ("文件日期|情况说明的日期", task["day"]),
                ("公示开始日期", began),
                ("公示结束日期", ended),
                ("公示地点", "厂区公告栏"),
                ("异议情况", "无"),
            ):
                if control := field(hand, label):
                    hand.type(control, text)
            if result := field(hand, "^结果"):
                hand.choose(result, "^通过")
            elif passed := hand.see("radio", "^通过"):
                hand.press(passed)
            hand.attach(file_field(hand, "上传文件"), paper("情况说明.pdf"))
            hand.press(save)
        elif item := hand.see(*to_do):
            hand.press(item)
        else:
            break
    if hand.see(*to_do):
        raise Lost(f"{hand.path}: items are left that are not verified")
    hand.mark_main()
    decide(hand, "同意推荐", ways=(("link", "^去办理$"), ("link", "^办理$"), ("link", "返回申报")))


def look_at(hand, files, near=None, ways=()):
    """Open a file beside the work, unless the page has opened it by itself."""
    if hand.has_opened(files["pk"]):
        return
    name = re.escape(files["name"])
    wanted = [("link", rf"^{name}"), ("button", rf"^{name}"), ("tab", rf"^{name}")]
    if near and (control := hand.see_any(*wanted, within=near)):
        hand.press(control)
    else:
        hand.go(*wanted, ways=ways)


def qualify(hand, task):
    """Judge all conditions, each file opened beside them once, save, and let the application pass.

    A file is looked at with the first condition that lists it; what no condition lists, at the end.
    """
    hand.open(f"/review/{task['applications'][0]}/")
    ways = (("link", "资格审查|审查表"), ("tab", "资格审查|审查表"))
    hand.reach(("combobox", "^结论|^审查结论|^结果"), ("radio", "^符合"), ways=ways)
    hand.mark_main()
    groups = hand.page.get_by_role("group", name=re.compile(r"^\d+[.、]")).all()
    if len(groups) < 5:
        raise Lost(f"{hand.path}: {len(groups)} conditions instead of 5")
    left = {each["pk"]: each for each in task["files"]}
    for group in groups:
        result = hand.see("combobox", "^结论|^审查结论|^结果", group)
        if result is None and not hand.see("radio", "^符合", group):
            # One condition at a time: it is opened by its own head.
            hand.press(group)
        for each in list(left.values()):
            name = re.escape(each["name"])
            if hand.has_opened(each["pk"]):
                del left[each["pk"]]
            elif hand.see_any(("link", f"^{name}"), ("button", f"^{name}"), within=group):
                look_at(hand, each, near=group)
                del left[each["pk"]]
        if result := hand.see("combobox", "^结论|^审查结论|^结果", group):
            hand.choose(result, "^符合")
        else:
            hand.press(hand.see("radio", "^符合", group))
        if fulfils := hand.see("combobox", "认定|条件", group):
            hand.choose(fulfils, "称号|技能大师|工匠|获得")
        elif fulfils := hand.see("radio", "称号|技能大师|工匠|获得", group):
            hand.press(fulfils)
    for each in left.values():
        if not hand.see("link", "^" + re.escape(each["name"])):
            hand.press(groups[-1].locator("summary", has_text="其他材料"))
        look_at(hand, each)
    if both := hand.see("button", "^保存并通过"):
        hand.press(both)
        return
    hand.go(("button", "^保存审查表"), ("button", "^保存"))
    decide(hand, "(资格审查)?通过", ways=(("link", "^办理$"), ("tab", "办理")))


def score(hand, task):
    """Open an application at the panel's desk, look at one proof for each item, submit."""
    hand.open(task["desk"])
    hand.go(("link", re.escape(task["title"])))
    hand.mark_main()
    proofs = {each["category"]: each for each in reversed(task["files"])}
    ways = (
        ("link", "^申报表$"),
        ("tab", "^申报表$"),
        ("link", "材料"),
        ("tab", "材料"),
    )
    for (name, points), category in zip(task["criteria"], PROOF_OF_CRITERIA, strict=True):
        group = hand.page.get_by_role("group", name=re.compile(re.escape(name))).first
        look_at(hand, proofs[category], near=group, ways=ways)
        place = hand.see_any(("spinbutton", "得分|分"), ("textbox", "得分"), within=group)
        if place is None:
            raise Lost(f"{hand.path}: no field for the points of {name}")
        hand.type(place, points)
    hand.go(("button", "^提交评分"))
    hand.go(("button", "^确认.*提交"))


def approve(hand, task):
    """Approve all ten, from the bureau's first page."""
    hand.open("/")
    everything = ("link", "^全部.*(同意|审批|审定)")
    if hand.see(*everything) is None:
        hand.go(("link", "^审定一览"), ("link", "等待(审定|审批)"))
    hand.go(everything)
    hand.mark_main()
    opinion = field(hand, "意见")
    if opinion:
        hand.type(opinion, "同意。")
    hand.go(("button", "^确认"))


def correct(hand, task):
    """Correct what three remarks ask for, answer them, print and stamp anew, and submit again.

    Starts at the returned application. Changed content wants a new print: it is made, and the scan
    of the stamped paper uploaded (the paper's own way is nobody's click).
    """
    home = f"/applications/{task['applications'][0]}/"
    hand.open(home)
    hand.mark_main()
    back = (("link", re.escape(task["title"])), ("link", "^返回"))
    answered = set()

    def answer(about):
        """Answer the remark where the page has room for it, and save that where it is apart."""
        place = field(hand, f"^修改说明.*({about})")
        if place:
            hand.type(place, "已按要求补充。")
            answered.add(about)
            if apart := hand.see("button", "^保存说明$"):
                hand.press(apart)

    for label, text in (
        ("岗位", "焊接一班班长"),
        ("设施|设备", "焊机12台，实训工位20个，机器人2台。"),
    ):
        own = rf"^(?!修改说明).*({label})"
        if hand.path == home or field(hand, own) is None:
            hand.go(("link", f"^(?!.*：).*({label})"), ("link", label), ways=back)
        control = field(hand, own)
        if control is None:
            raise Lost(f"{hand.path}: no field {label}")
        hand.type(control, text, over=True)
        answer(label)
        hand.go(("button", "^保存，到下一"), ("button", "^保存并继续$"), ("button", "^保存"))
    other = "(其他|其它).*(文件|材料)|选择其他"
    if file_field(hand, other) is None:
        hand.go(("link", "(其他|其它)佐证材料"), ways=back)
    upload = file_field(hand, other)
    if upload is None:
        raise Lost(f"{hand.path}: no place for another file")
    hand.attach(upload, paper("带徒协议.pdf"))
    answer("其他|其它")
    if len(answered) < 3:
        hand.go(("link", "^填写修改说明"), ways=back)
        for control in hand.page.get_by_label(re.compile("^修改说明")).all():
            if control.is_visible():
                hand.type(control, "已按要求补充。")
        hand.go(("button", "^保存说明"), ("button", "^保存"))
    stamping = ("link", "打印盖章|盖章申报表")
    ways = (stamping, *back)
    hand.go(("button", "^(重新)?生成打印稿$"), ways=ways)
    for _ in range(2):
        if scan := file_field(hand, "盖章.*文件"):
            break
        hand.go(stamping, ways=back)
    hand.attach(scan, paper("盖章申报表.pdf", pages=4))
    hand.page.wait_for_timeout(500)
    hand.settle()
    declared = ("checkbox", "真实|承诺")
    check = "^检查并(重新)?提交"
    hand.reach(declared, ways=(("link", check), ("button", check), *back))
    box = hand.see(*declared)
    if not box.is_checked():
        hand.press(box)
    hand.go(("button", "^(重新)?提交(申报)?$"))


# Name on the page, walk, and the stage in which each application must be afterwards.
TASKS = {
    "verify": ("核验一项，同意推荐", verify, "RECOMMENDED"),
    "qualify": ("审查一项（十份材料），通过", qualify, "PANEL"),
    "score": ("评一项（五个评分项）", score, "PANEL"),
    "approve": ("审批十项", approve, "COUNTERSIGNING"),
    "correct": ("改一份退回的申报（三条要求）", correct, "RECOMMENDING"),
    "apply": ("申报一项（二十份扫描件）", apply, "RECOMMENDING"),
}
