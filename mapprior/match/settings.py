"""The numbers the running match stands on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """Defaults suit a car with a satellite receiver of 1 to 15 m."""

    # Measurement. The map's own error is added to that of the pose: neither is ever exact.
    position_sigma_m: float = 5.0  # where the pose does not say
    position_sigma_m_min: float = 1.0
    map_sigma_m: float = 3.0
    heading_sigma_rad: float = 0.15  # where the pose does not say; also the least
    heading_speed_mps_min: float = 1.5  # below, a heading says nothing

    # Noise of successive fixes is the same noise: evidence counts in full once per this much driving or waiting.
    evidence_distance_m: float = 5.0
    heading_evidence_distance_m: float = 1.5
    evidence_time_ms: int = 10_000

    # Log-likelihoods against a perfect fit.
    evidence_min: float = -8.0  # of one fix, however far away: one outlier must not decide
    off_road_evidence: float = -5.0
    poor_evidence: float = -4.5

    # Chances, each per independent fix.
    jump_weight: float = 1e-4
    off_road_weight: float = 1e-4
    return_weight: float = 0.05
    u_turn_weight: float = 0.02
    kept_weight_min: float = 5e-5

    search_radius_m: float = 40.0
    search_distance_m: float = 40.0
    jump_m: float = 30.0  # beyond five sigmas

    # A vehicle is taken to be past a junction once it is this many sigmas of its offset beyond the node.
    split_delay_sigmas: float = 1.2
    nodes_per_fix_count_max: int = 8

    # State, with hysteresis.
    tracking_from: float = 0.8
    tracking_until: float = 0.6
    off_road_from: float = 0.6
    off_road_until: float = 0.4

    hypotheses_count_max: int = 16
    candidates_count_max: int = 6
    gap_ms_max: int = 60_000  # a longer silence ends what was known
    coast_without_motion_ms_max: int = 3_000
