"""How cost grows, where one machine ends, and what 43 forces and ten years would take: from measured constants.

What belongs here: arithmetic on what the bench measured, and the assumptions, each named. Not here: measuring.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

Found = dict[str, Any]
FORCES, YEARS = 43, 10
# Assumptions, not measured.
NIGHT_HOURS = 8.0  # in which a rebuild from nothing has to be over
DISK_TB = 2.0  # of one machine
CORES_OF_A_SERVER, EFFICIENCY = 32, 0.6  # share of each further core's time that becomes work
SIZE_OF_A_FORCE = 1.08  # of West Mercia: 60 million people in 43 forces beside its 1.3 million
COPIES_ON_DISK = 2.0  # a generation that is being written, what is spilled, a backup being taken


def fitted(points: Sequence[tuple[float, float]]) -> Found:
    """cost = fixed + each x size ^ exponent, by least squares of relative errors.

    {} of fewer than three points, and where cost does not grow, as with sizes so small that only noise is seen.
    """
    if len(points) < 3:
        return {}
    best: tuple[float, float, float, float] | None = None
    for step in range(601):
        exponent = 0.7 + step / 1000
        fixed, each = _line([(size**exponent, cost) for size, cost in points])
        if fixed < 0:
            fixed, each = 0.0, _through_zero([(size**exponent, cost) for size, cost in points])
        if each <= 0:
            continue
        error = sum(((fixed + each * size**exponent) / cost - 1) ** 2 for size, cost in points)
        if best is None or error < best[0]:
            best = (error, exponent, fixed, each)
    if best is None:
        return {}
    error, exponent, fixed, each = best
    return {
        "fixed": round(fixed, 2),
        "each": round(each, 3),
        "exponent": round(exponent, 3),
        "mean_error": round(math.sqrt(error / len(points)), 3),
    }


def _line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Intercept and slope, weighted so that relative errors count."""
    weights = [1 / cost**2 for _, cost in points]
    total = sum(weights)
    mean_x = sum(w * x for w, (x, _) in zip(weights, points, strict=True)) / total
    mean_y = sum(w * y for w, (_, y) in zip(weights, points, strict=True)) / total
    spread = sum(w * (x - mean_x) ** 2 for w, (x, _) in zip(weights, points, strict=True))
    slope = sum(w * (x - mean_x) * (y - mean_y) for w, (x, y) in zip(weights, points, strict=True)) / spread
    return mean_y - slope * mean_x, slope


def _through_zero(points: Sequence[tuple[float, float]]) -> float:
    return sum(x / y for x, y in points) / sum((x / y) ** 2 for x, y in points)


def cost_at(fit: Found, size: float) -> float:
    """What the curve says for a size."""
    return float(fit["fixed"] + fit["each"] * size ** fit["exponent"])


def size_within(fit: Found, cost: float) -> float:
    """The largest size that costs no more."""
    return float(((cost - fit["fixed"]) / fit["each"]) ** (1 / fit["exponent"])) if cost > fit["fixed"] else 0.0


def on_paper(ten: Found, growth: Found, peers: Found | None) -> Found:
    """The bound of one machine, and national scale; {} where there is no curve."""
    fit, seconds = growth["fit"]["full"], growth["fit"]["full_seconds"]
    if not fit or not seconds:
        return {}
    largest = growth["points"][-1]
    years = largest["force_years"]
    full = largest["full"]
    per_year = {
        "cpu_seconds": round(full["cpu_seconds"] / years, 1),
        "seconds": round(full["seconds"] / years, 1),
        "exports_gb": round(full["export_bytes"] / 1e9 / years, 3),
        "landing_gb": round(full["landing_bytes"] / 1e9 / years, 3),
        "build_gb": round(full["build_bytes"] / 1e9 / years, 3),
        "published_gb": round(full["published_bytes"] / 1e9 / years, 3),
    }
    kept_gb = per_year["landing_gb"] + per_year["build_gb"] + per_year["published_gb"]
    by_night = size_within(seconds, NIGHT_HOURS * 3600)
    by_disk = DISK_TB * 1000 / COPIES_ON_DISK / kept_gb
    national = FORCES * YEARS * SIZE_OF_A_FORCE
    cores = growth["cores"]
    spark = (peers or {}).get("engines", {}).get("spark", {}).get("ratio_cpu")
    cpu_hours = cost_at(fit, national) / 3600
    workers = 1 + (CORES_OF_A_SERVER - 1) * EFFICIENCY
    return {
        "assumptions": {
            "night_hours": NIGHT_HOURS,
            "disk_tb": DISK_TB,
            "copies_on_disk": COPIES_ON_DISK,
            "size_of_a_force": SIZE_OF_A_FORCE,
            "cores_of_a_server": CORES_OF_A_SERVER,
            "efficiency": EFFICIENCY,
        },
        "measured_at_force_years": years,
        "per_force_year": per_year,
        "bound": {
            "by_night_force_years": round(by_night),
            "by_disk_force_years": round(by_disk),
            "force_years": round(min(by_night, by_disk)),
        },
        "national": {
            "force_years": round(national),
            "exports_tb": round(national * per_year["exports_gb"] / 1000, 2),
            "kept_tb": round(national * kept_gb / 1000, 2),
            "rebuild_cpu_hours": round(cpu_hours, 1),
            "rebuild_hours_this_machine": round(cost_at(seconds, national) / 3600, 1),
            "rebuild_hours_server": round(cpu_hours / workers, 1),
            "rebuild_hours_machine_per_force": round(cost_at(seconds, YEARS * SIZE_OF_A_FORCE) / 3600, 2),
            "rebuild_cpu_hours_spark": round(cpu_hours * spark, 1) if spark else None,
            "spark_cores_for_the_night": math.ceil(cpu_hours * spark / NIGHT_HOURS / EFFICIENCY) if spark else None,
            "day_seconds_one_after_the_other": round(FORCES * ten["ten"]["day"]["seconds"]),
            "day_cpu_seconds": round(FORCES * ten["ten"]["day"]["cpu_seconds"]),
            "day_written_gb": round(FORCES * ten["ten"]["day"]["publish"]["written_bytes"] / 1e9, 2),
            "cores": cores,
        },
    }
