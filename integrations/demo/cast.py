"""The cast of the demo world: invented firms and people, one for each role and a second pair of eyes where the trade asks for it."""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from tenants import members, organisations, sign_in
from tenants.errors import NotAllowed
from tenants.workspace import SessionKey, enter

PASSWORD = "goods under watch"  # noqa: S105 -- the demo world's, printed on its sign-in page
PEOPLE_FILE = "demo-people.json"


@dataclass(frozen=True)
class Part:
    """One person of the cast."""

    key: str
    firm: str
    name: str
    email: str
    jobs: tuple[str, ...]


@dataclass(frozen=True)
class House:
    """One firm of the cast."""

    key: str
    name: str
    kinds: tuple[str, ...]
    uscc: str
    city: str


FIRMS = (
    House("sme", "宁波恒达铜业 Hengda Copper", ("SME",), "91330201MA2H0DA100", "宁波"),
    House("maker", "绍兴华联铜材 Hualian Copper Strip", ("SME",), "91330600MA2HL01100", "绍兴"),
    House("bank", "甬江银行 Yongjiang Bank", ("BANK",), "91330200MA2BANK10K", "宁波"),
    House("rival", "东海银行 East Sea Bank", ("BANK",), "91310000MA1DHYH20M", "上海"),
    House("warehouse", "北仑港仓储 Beilun Warehousing", ("WAREHOUSE_OPERATOR",), "91330206MA2WH0030K", "宁波"),
    House("supervisor", "中正监管 Zhongzheng Supervision", ("SUPERVISOR",), "91310115MA1JG0040G", "上海"),
    House("carrier", "顺海物流 Shunhai Logistics", ("LOGISTICS",), "91330203MA2WL0050H", "宁波"),
    House("core", "江南电缆集团 Jiangnan Cable Group", ("CORE_ENTERPRISE", "BUYER"), "91320500MA1HX0060M", "苏州"),
    House("buyer", "温州电器材料 Wenzhou Electric Materials", ("BUYER",), "91330300MA2MJ0070U", "温州"),
    House("dealer", "杭州金属贸易 Hangzhou Metals", ("BUYER",), "91330100MA2MJ0080J", "杭州"),
    House("affiliate", "宁波恒达贸易 Hengda Trading", ("BUYER",), "91330201MA2HDTM202", "宁波"),
    House("auctioneer", "甬城拍卖行 Yongcheng Auctions", ("AUCTIONEER",), "91330200MA2PM00905", "宁波"),
    House("regulator", "东海金融监督局 East Sea Financial Supervision", ("REGULATOR",), "11330200MB1JG01002", "宁波"),
)
PEOPLE = (
    Part("sme", "sme", "陈伟 Chen Wei", "chen@hengda.demo", ("owner",)),
    Part("maker", "maker", "梁芸 Liang Yun", "liang@hualian.demo", ("owner",)),
    Part("officer", "bank", "周敏 Zhou Min", "zhou@yongjiang.demo", ("operator",)),
    Part("approver", "bank", "林涛 Lin Tao", "lin@yongjiang.demo", ("approver", "administrator")),
    Part("auditor", "bank", "吕洁 Lü Jie", "lv@yongjiang.demo", ("auditor",)),
    Part("rival", "rival", "吴静 Wu Jing", "wu@eastsea.demo", ("owner",)),
    Part("keeper", "warehouse", "何军 He Jun", "he@beilun.demo", ("owner",)),
    Part("inspector", "supervisor", "孙丽 Sun Li", "sun@zhongzheng.demo", ("operator",)),
    Part("controller", "supervisor", "马强 Ma Qiang", "ma@zhongzheng.demo", ("approver", "operator", "administrator")),
    Part("dispatcher", "carrier", "郑海 Zheng Hai", "zheng@shunhai.demo", ("owner",)),
    Part("treasurer", "core", "钱芳 Qian Fang", "qian@jiangnan.demo", ("owner",)),
    Part("financier", "core", "沈莉 Shen Li", "shen@jiangnan.demo", ("approver",)),
    Part("buyer", "buyer", "徐亮 Xu Liang", "xu@wenzhou.demo", ("owner",)),
    Part("dealer", "dealer", "胡斌 Hu Bin", "hu@hzmetals.demo", ("owner",)),
    Part("affiliate", "affiliate", "高原 Gao Yuan", "gao@hengdatrading.demo", ("owner",)),
    Part("auctioneer", "auctioneer", "方宁 Fang Ning", "fang@yongcheng.demo", ("owner",)),
    Part("regulator", "regulator", "韩雪 Han Xue", "han@eastsea-supervision.demo", ("owner",)),
)
OPERATOR = Part(
    "operator", "platform", "平台运营 Platform operator", "operator@bailee.demo", ("administrator", "operator")
)
CHECKER = Part("checker", "platform", "程远 Cheng Yuan", "cheng@bailee.demo", ("approver",))


@dataclass
class Player:
    """A member of the cast on stage: a session's token, and the firm's id."""

    key: str
    token: str
    firm_id: UUID


def part(key: str) -> Part:
    """One person of the cast by role."""
    return next(one for one in PEOPLE if one.key == key)


def assemble(home: Path) -> dict[str, Player]:
    """Sign the whole cast in, admitting firms and people that are not there yet. Doing it again changes nothing."""
    operator = _operator()
    with enter(SessionKey(operator.token), read_only=True) as ws:
        known = {one.name for one in organisations.all_organisations(ws.session)}
    for firm in FIRMS:
        if firm.name not in known:
            _admit(operator, firm)
    stage = {part.key: _on_stage(part) for part in PEOPLE} | {"operator": operator, "checker": _colleague_of(operator)}
    shown = [
        asdict(part) | {"firm_name": next((f.name for f in FIRMS if f.key == part.firm), "Bailee")}
        for part in (*PEOPLE, OPERATOR, CHECKER)
    ]
    (home / PEOPLE_FILE).write_text(json.dumps({"password": PASSWORD, "people": shown}, ensure_ascii=False))
    return stage


def _operator() -> Player:
    with suppress(NotAllowed):  # the world has its operator, as a rule
        return _on_stage(OPERATOR)
    invitation = sign_in.found_platform("Bailee", OPERATOR.email)
    sign_in.accept_invitation(invitation, name=OPERATOR.name, password=PASSWORD)
    return _on_stage(OPERATOR)


def _colleague_of(operator: Player) -> Player:
    """Who agrees to what the operator proposes."""
    with suppress(NotAllowed):
        return _on_stage(CHECKER)
    _invite(operator.token, CHECKER)
    return _on_stage(CHECKER)


def _admit(operator: Player, firm: House) -> None:
    first, *others = [part for part in PEOPLE if part.firm == firm.key]
    with enter(SessionKey(operator.token)) as ws:
        _, invitation = members.admit_organisation(
            ws, name=firm.name, kinds=list(firm.kinds), uscc=firm.uscc, lei=None, city=firm.city, email=first.email
        )
    sign_in.accept_invitation(invitation, name=first.name, password=PASSWORD, locale="zh")
    token, _ = sign_in.sign_in(first.email, PASSWORD)
    for part in others:
        _invite(token, part)
    if first.jobs != ("owner",):  # the one who opened the workspace hands the keys to a colleague
        administrator = _on_stage(next(part for part in others if "administrator" in part.jobs))
        with enter(SessionKey(token), read_only=True) as ws:
            person_id = ws.person_id
        with enter(SessionKey(administrator.token)) as ws:
            members.set_jobs(ws, person_id, list(first.jobs))


def _invite(token: str, part: Part) -> None:
    """A colleague invites somebody, who comes."""
    with enter(SessionKey(token)) as ws:
        invitation = members.invite_member(ws, email=part.email, jobs=list(part.jobs))
    sign_in.accept_invitation(invitation, name=part.name, password=PASSWORD, locale="zh")


def _on_stage(part: Part) -> Player:
    token, _ = sign_in.sign_in(part.email, PASSWORD, agent="Bailee demo")
    with enter(SessionKey(token), read_only=True) as ws:
        return Player(part.key, token, ws.tenant_id)


def home_folder() -> Path:
    """The data home of the installation that this command works on."""
    return Path(os.environ["BAILEE_HOME"])
