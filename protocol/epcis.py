"""A step as an EPCIS 2.0 event, and the event's hash by CBV 2.0 section 8.9; only what a step has, no more of EPCIS.

The first step of a part turns lots into it (``TransformationEvent``); a later one finds it and does something to it
(``ObjectEvent``). Identifiers are URNs, which EPCIS allows beside those of GS1.
"""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote

from protocol.facts import StepFacts
from protocol.ids import PeerId

Event = dict[str, Any]

CONTEXT: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
"""What gives the short names in an event their meaning (JSON-LD)."""

_ORDER: Final = (
    ("eventTime", "eventTime"),
    ("eventTimeZoneOffset", "eventTimeZoneOffset"),
    ("epcList", "epcListepc"),
    ("inputQuantityList", "inputQuantityList"),
    ("outputEPCList", "outputEPCListepc"),
    ("action", "action"),
    ("bizStep", "bizStep"),
    ("readPoint", "readPoint"),
    ("sensorElementList", "sensorElementList"),
)
_SENSOR_ORDER: Final = ("type", "dataProcessingMethod", "value", "uom")


def event_of(facts: StepFacts, provider: PeerId) -> Event:
    """The step as an EPCIS 2.0 event in JSON; ``eventID`` is its hash."""
    event = _event(facts, provider)
    return {**event, "eventID": _hash(event)}


def event_hash(facts: StepFacts, provider: PeerId) -> str:
    """The event's CBV 2.0 hash: the same step gives the same hash to anybody who builds the event."""
    return _hash(_event(facts, provider))


def _event(facts: StepFacts, provider: PeerId) -> Event:
    part = [f"urn:guildmark:part:{facts.job.hex()}:{facts.part}"]
    event: Event = {
        "type": "TransformationEvent" if facts.inputs else "ObjectEvent",
        "eventTime": _time(facts.finished),
        "eventTimeZoneOffset": "+00:00",
        "readPoint": {"id": f"urn:guildmark:machine:{provider.hex()}:{quote(facts.machine, safe='')}"},
        "sensorElementList": [_sensors(facts)],
    }
    if facts.inputs:
        lots = sorted(f"{quote(lot.material, safe='')}:{quote(lot.number, safe='')}" for lot in facts.inputs)
        event |= {
            "bizStep": "commissioning",
            "inputQuantityList": [{"epcClass": f"urn:guildmark:lot:{lot}"} for lot in lots],
            "outputEPCList": part,
        }
    else:
        event |= {"bizStep": "inspecting" if facts.measurements else "other", "action": "OBSERVE", "epcList": part}
    return event


def _sensors(facts: StepFacts) -> Event:
    reports: list[Event] = [{"type": "Energy", "value": facts.energy, "uom": "WHR"}]
    reports += [
        {
            "type": "Length",
            "dataProcessingMethod": f"urn:guildmark:characteristic:{quote(measured.name, safe='')}",
            "value": measured.value,
            "uom": "4H",
        }
        for measured in facts.measurements
    ]
    return {
        "sensorMetadata": {
            "startTime": _time(facts.started),
            "endTime": _time(facts.finished),
            "rawData": f"urn:guildmark:observations:{facts.observations.hex()}",
        },
        "sensorReport": reports,
    }


def _time(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _hash(event: Event) -> str:
    text = f"eventType={event['type']}" + "".join(
        label + _value(name, event[name]) for name, label in _ORDER if name in event
    )
    return f"ni:///sha-256;{sha256(text.encode()).hexdigest()}?ver=CBV2.0"


def _value(name: str, value: Any) -> str:
    """The value of one property in the pre-hash string: lists in the order of their strings, short names in full."""
    match name:
        case "epcList" | "outputEPCList":
            return f"={value[0]}"
        case "inputQuantityList":
            return "".join(f"quantityElementepcClass={element['epcClass']}" for element in value)
        case "bizStep":
            return f"=https://ref.gs1.org/cbv/BizStep-{value}"
        case "readPoint":
            return f"id={value['id']}"
        case "sensorElementList":
            return _sensor_text(value[0])
    return f"={value}"


def _sensor_text(element: Event) -> str:
    metadata = "".join(f"{name}={value}" for name, value in element["sensorMetadata"].items())
    reports = sorted(
        "sensorReport" + "".join(f"{key}={_report_value(key, report[key])}" for key in _SENSOR_ORDER if key in report)
        for report in element["sensorReport"]
    )
    return f"sensorElementsensorMetadata{metadata}{''.join(reports)}"


def _report_value(key: str, value: Any) -> str:
    return f"https://gs1.org/voc/{value}" if key == "type" else str(value)
