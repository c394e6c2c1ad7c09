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

    # The error of a fix: a share that is new each time, and a drift, a first-order Gauss-Markov process. So is the
    # map's error, over the way driven. How large the share is differs by receiver: the fixes tell it (`Receiver`).
    white_share: float = 0.3  # of the variance; the least, and what is assumed first
    white_fixes_count: float = 10.0  # that it is told from
    white_time_ms: float = 300.0  # closer in time, fixes share more
    soon_ms: float = 200.0  # closer in time, fixes alone say next to nothing new
    drift_time_ms: float = 20_000.0
    map_distance_m: float = 30.0
    aside_m: float = 1.5  # from the line of a road for both directions
    surprise_max: float = 30.0  # squared sigmas; a fix beyond corrects nothing

    # Where nothing tells the speed.
    speed_sigma_mps: float = 5.0
    speed_change_m2_per_sec3: float = 2.0

    # Against being on no road, evidence counts in full once per this much driving or waiting.
    evidence_distance_m: float = 5.0
    heading_evidence_distance_m: float = 1.5
    evidence_time_ms: int = 10_000

    # Log-likelihoods against a perfect fit.
    fix_evidence: float = 1.0  # of what a fix says, since the model of its error is only that
    evidence_min: float = -8.0  # of one fix, however far away: one outlier must not decide
    off_road_evidence: float = -5.0
    poor_evidence: float = -4.5

    # Chances, each per independent fix.
    jump_weight: float = 0.01
    off_road_weight: float = 1e-4
    return_weight: float = 0.05
    u_turn_weight: float = 0.02
    kept_weight_min: float = 1e-4

    search_radius_m: float = 40.0
    search_distance_m: float = 40.0
    jump_m: float = 30.0  # beyond five sigmas

    # A way is split at a junction once the vehicle may be past it: so many sigmas of its offset before the node.
    split_ahead_sigmas: float = 1.5
    split_ahead_m_max: float = 15.0
    enter_sigmas: float = 2.0  # past a node, at the end of a drive: nothing later tells which way was taken
    turn_sigmas: float = 2.0  # without fixes, a turn that the heading tells may be so far on or back
    blind_elsewhere_max: float = 0.03  # without fixes: so likely another place may be for this one to be sure
    # Where no fix tells, of the chance of a way at its junctions: those in a row are not independent.
    unseen_branch_power: float = 0.7

    # Fixes this far apart in time are joined by the shortest ways between them.
    leap_ms_min: float = 3_000.0
    leap_ratio: float = 1.6  # how much farther than straight there is looked for a way
    leap_slack_m: float = 200.0
    leap_jump_weight: float = 1e-5  # of being where none of these ways leads to
    detour_m: float = 60.0  # farther than straight there, where nothing tells the distance: less likely by e

    # Of a whole drive, fixes closer in time are laid between the others.
    thin_ms: float = 450.0

    # State, with hysteresis.
    tracking_from: float = 0.8
    tracking_until: float = 0.6
    off_road_from: float = 0.6
    off_road_until: float = 0.4

    hypotheses_count_max: int = 24
    candidates_count_max: int = 6
    gap_ms_max: int = 60_000  # a longer silence ends what was known
    coast_without_motion_ms_max: int = 3_000
