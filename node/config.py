"""One node's configuration: parsed once from TOML; a wrong, unknown or missing key stops the start."""

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from node.errors import ConfigError
from node.machine_profiles import CutterConfig, MillConfig, PrinterConfig
from protocol.params import MAX_GRADE

_STRICT = ConfigDict(extra="forbid", frozen=True)

Clearance = Literal["public", "partners", "confidential", "restricted"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Process = Literal[
    "milling",
    "turning",
    "material extrusion",
    "heat treatment",
    "coordinate measuring",
    "laser cutting",
    "bending",
    "vat photopolymerisation",
    "polymer powder bed fusion",
    "metal powder bed fusion",
    "grinding",
    "coating",
]
"""What the protocol's process tree calls them, in its order."""


class NetworkConfig(BaseModel):
    """Where the node listens and whom it dials."""

    model_config = _STRICT
    listen: str = "/ip4/127.0.0.1/tcp/0"
    bootstrap: tuple[str, ...] = ()
    relays: tuple[str, ...] = ()
    """Members that relay for us, as addresses; for a node that cannot be dialled."""

    relay: bool = False
    """Whether this node relays for members that cannot be dialled."""

    hole_punching: bool = True
    """Whether direct ways are looked for to whoever is connected by way of a relay."""

    mdns: tuple[str, ...] = ()
    """Our IPv4 addresses on those LANs where nodes look for each other by multicast DNS; none unless named."""

    private_key_file: str = ""
    """File with the private network's key, 64 hexadecimal digits; nodes with another key or none are not spoken to."""


class LedgerConfig(BaseModel):
    """Which chain, and the file that names the federation's contracts on it."""

    model_config = _STRICT
    url: str
    deployment: Path
    poll_seconds: float = Field(default=0.4, gt=0, le=60)
    confirmations: int = Field(default=1, ge=1, le=64)


class ApiConfig(BaseModel):
    """The operator's HTTP interface; it listens on loopback unless told otherwise."""

    model_config = _STRICT
    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)


class AuctionConfig(BaseModel):
    """How a customer's node times its calls, in wall seconds; the rule pack sets lower bounds."""

    model_config = _STRICT
    opening: int = Field(default=5, ge=1)
    commit: int = Field(default=30, ge=1)
    reveal: int = Field(default=10, ge=1)
    grace: int = Field(default=86_400, ge=1)
    """After the due date until the order expires on the ledger."""

    again: bool = False
    """Whether parts that an inspection rejected, or that nobody made, are ordered anew without asking."""

    improve: bool = False
    """Whether the dearest assignment that has not begun is auctioned again once all have accepted; kept if better."""

    slack: int = Field(default=3600, ge=60)
    """After a maker's promised end until it is late: then damages begin, and another maker is asked."""


class PlantConfig(BaseModel):
    """Plant time: equal to wall time unless a devnet runs it faster."""

    model_config = _STRICT
    epoch_wall: int = 0
    epoch_plant: int = 0
    factor: int = Field(default=1, ge=1, le=100_000)


class WorkConfig(BaseModel):
    """Other work that a machine already holds, in hours from the plant epoch."""

    model_config = _STRICT
    start_hours: float = Field(ge=0)
    hours: float = Field(gt=0)
    due_hours: float = Field(gt=0)
    material: str = ""
    """What the machine is set up for meanwhile; empty when it does not matter."""


class ShiftConfig(BaseModel):
    """When a machine works; without any it works round the clock. Hours of the day are UTC."""

    model_config = _STRICT
    days: tuple[Day, ...]
    opens: float = Field(ge=0, le=24)
    closes: float = Field(ge=0, le=24)


class ClosureConfig(BaseModel):
    """Maintenance or a holiday, in hours from the plant epoch."""

    model_config = _STRICT
    start_hours: float = Field(ge=0)
    hours: float = Field(gt=0)


class ChangeoverConfig(BaseModel):
    """Changing a machine over from one material to another."""

    model_config = _STRICT
    before: str
    after: str
    minutes: float = Field(ge=0)


class DrillConfig(BaseModel):
    """A tool on hand that makes holes."""

    model_config = _STRICT
    diameter_mm: float = Field(gt=0)
    reach_mm: float = Field(gt=0)


class ApprovalConfig(BaseModel):
    """A calibration or approval; nothing is promised beyond it."""

    model_config = _STRICT
    name: str
    until_hours: float = Field(gt=0)
    """From the plant epoch."""


class MachineConfig(BaseModel):
    """One machine as its owner describes it; lengths in mm, times in minutes, money in the settlement currency."""

    model_config = _STRICT
    name: str
    process: Process
    materials: tuple[str, ...]
    envelope_mm: tuple[float, float, float]
    tolerance_um: int = Field(ge=1)
    max_mass_kg: float = Field(default=50.0, gt=0)
    rate_per_hour: float = Field(gt=0)
    setup_minutes: float = Field(default=30.0, ge=0)
    removal_cm3_min: float = Field(default=10.0, gt=0)
    feature_seconds: int = Field(default=60, ge=0)
    cycle_hours: float = Field(default=6.0, gt=0)
    """Of one furnace batch; only for heat treatment."""

    power_watts: int = Field(default=5000, ge=0)
    deviation_um: int = Field(default=4, ge=0)
    """Standard deviation of what it makes, for the simulated controller."""

    grade: int = Field(default=0, ge=0, le=MAX_GRADE)
    """Quality class of its work, 0 the best; it is declared in every offer."""

    tools: tuple[str, ...] = Field(default=(), max_length=64)
    """Identifiers of the tools that it holds; they stand in step records."""

    changeover_minutes: float = Field(default=0.0, ge=0)
    """Between two materials that ``changeovers`` does not name."""

    rework_percent: float = Field(default=0.0, ge=0, le=100)
    """Share of its work that is expected to be done again."""

    shifts: tuple[ShiftConfig, ...] = ()
    closures: tuple[ClosureConfig, ...] = ()
    changeovers: tuple[ChangeoverConfig, ...] = ()
    drills: tuple[DrillConfig, ...] = ()
    approvals: tuple[ApprovalConfig, ...] = ()
    work: tuple[WorkConfig, ...] = ()
    printer: PrinterConfig | None = None
    cutter: CutterConfig | None = None
    mill: MillConfig | None = None
    """At most one of the three: what customers make machine code for."""


class StockConfig(BaseModel):
    """A lot of material in use."""

    model_config = _STRICT
    material: str = Field(min_length=1, max_length=128)
    lot: str = Field(min_length=1, max_length=128)
    kg: float = Field(default=0.0, ge=0)
    """How much of it is there; counted when ``lead_days`` is given."""

    lead_days: float = Field(default=0.0, ge=0)
    """How long more of the material takes; 0 when it never runs out."""


class ShopConfig(BaseModel):
    """A provider's machines and prices."""

    model_config = _STRICT
    jurisdiction: str = Field(default="", pattern="^([A-Z]{2})?$")
    """ISO 3166-1 alpha-2 code of the law that its site stands under; it is declared in every bid."""

    clearance: Clearance = "public"
    """The most secret classification that the shop is set up to handle; it is declared in every bid."""

    margin_percent: float = Field(default=12.0, ge=0, le=200)
    grid_g_co2_kwh: int = Field(default=363, ge=0)
    """Carbon intensity of its electricity; the default is Germany's mix of 2024 (Umweltbundesamt)."""

    advertise_rates: bool = True
    """Whether the shop's card tells what an hour of each machine costs, margin included; it binds nobody."""

    power_watts: int = Field(default=0, ge=0)
    """What all machines together may draw; 0 sets no limit."""

    stock: tuple[StockConfig, ...] = ()
    machines: tuple[MachineConfig, ...] = ()


class PartnerConfig(BaseModel):
    """A provider that the customer has vetted; only such ones are invited to bid on designs that are not public."""

    model_config = _STRICT
    peer: str = Field(pattern="^[0-9a-f]{64}$")
    """Its peer id; ``guildmark status`` at its node shows it."""

    clearance: Clearance = "partners"
    """The most secret classification that it may handle."""

    jurisdiction: str = Field(default="", pattern="^([A-Z]{2})?$")
    """ISO 3166-1 alpha-2 code of the law that it stands under; it decides over designs for some jurisdictions only."""

    until: date | None = None
    """Last day of the vetting, UTC."""


class RuleConfig(BaseModel):
    """One of the owner's rules; what it leaves out may be anything."""

    model_config = _STRICT
    name: str = Field(min_length=1, max_length=80)
    customer: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    """A customer's peer id."""

    material: str | None = None
    process: Process | None = None
    margin_percent: float | None = Field(default=None, gt=-100, le=1000)
    """On top of cost; left out, the rule refuses."""


class PaceConfig(BaseModel):
    """A machine's pace as its own jobs showed it."""

    model_config = _STRICT
    percent: int = Field(ge=10, le=1000)
    """Time taken, of what the configured pace had planned; farther off, the configuration is wrong."""

    programmes: int = Field(ge=1)


class PacesConfig(BaseModel):
    """What the owner adopted while the node runs: ``guildmark shop calibration --adopt``."""

    model_config = _STRICT
    machines: dict[str, PaceConfig] = Field(default={}, max_length=1000)


class RulesConfig(BaseModel):
    """The owner's rules, changed while the node runs: ``guildmark shop rules``. The first that applies decides."""

    model_config = _STRICT
    paused: bool = False
    """While true nothing is offered; what was promised is kept."""

    window_hours: float = Field(default=8.0, ge=0, le=1000)
    """Longest window of starts that is offered: wider ones join better and keep more time from other calls."""

    waiting_per_hour: float = Field(default=0.0, ge=0, le=10_000)
    """What each hour costs that offered time is kept until the parts come; offers get dearer with their start."""

    patience: bool = True
    """Whether CP-SAT improves a menu, which takes some tenths of a second."""

    gives_up: bool = True
    """Whether the shop gives up work that it has not begun, if the customer finds somebody better and pays for it."""

    give_up_percent: float = Field(default=100.0, ge=0, le=10_000)
    """Of its margin, that it wants for that."""

    rules: tuple[RuleConfig, ...] = Field(default=(), max_length=100)


class NodeConfig(BaseModel):
    """The whole file."""

    model_config = _STRICT
    name: str = Field(min_length=1, max_length=64)
    roles: tuple[Literal["provider", "customer", "auditor", "steward"], ...]
    site_km: tuple[float, float] = (0.0, 0.0)
    network: NetworkConfig = NetworkConfig()
    ledger: LedgerConfig
    api: ApiConfig = ApiConfig()
    auction: AuctionConfig = AuctionConfig()
    plant: PlantConfig = PlantConfig()
    shop: ShopConfig = ShopConfig()
    partners: tuple[PartnerConfig, ...] = ()
    """Whom the customer's designs may be offered to that are not public."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A node's folder and what is found where in it."""

    path: Path

    @property
    def config(self) -> Path:
        """The operator's file."""
        return self.path / "node.toml"

    @property
    def identity(self) -> Path:
        """The node's secrets, mode 0600."""
        return self.path / "identity.json"

    @property
    def database(self) -> Path:
        """Event log, outbox and follower."""
        return self.path / "node.sqlite"

    @property
    def vault(self) -> Path:
        """Sealed designs and packages."""
        return self.path / "vault"

    @property
    def parcels(self) -> Path:
        """Bundles that are handed out or fetched; what they are made of stays elsewhere."""
        return self.path / "parcels"

    @property
    def machines(self) -> Path:
        """Journals of simulated controllers."""
        return self.path / "machines"

    @property
    def rules(self) -> Path:
        """The owner's rules in force."""
        return self.path / "rules.json"

    @property
    def paces(self) -> Path:
        """What the owner adopted of how long machines really took."""
        return self.path / "paces.json"

    @property
    def token(self) -> Path:
        """Bearer token for the API, mode 0600."""
        return self.path / "api.token"

    @property
    def tokens(self) -> Path:
        """Hashes of the tokens that were given to others, mode 0600."""
        return self.path / "tokens.json"

    @property
    def url(self) -> Path:
        """Where the running node's API listens; written at start."""
        return self.path / "api.url"


def load_config(path: Path) -> NodeConfig:
    """The configuration in ``path``.

    Raises:
        ConfigError: no such file, not TOML, or a key that is unknown, missing or out of bounds.
    """
    try:
        return NodeConfig.model_validate(tomllib.loads(path.read_text()))
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), f"is not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(".".join(str(part) for part in first["loc"]), first["msg"]) from error
