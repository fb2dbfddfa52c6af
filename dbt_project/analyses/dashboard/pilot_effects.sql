-- What the domestic-abuse pilot changed.
-- Answers: Q17.
-- Shows: Effect of each outcome with its 90 % interval; PARTIAL says what stands in the way of a firm answer.
with

final as (
    select
        pilot, outcome, comparison, method, is_main_outcome, unit, better, effect, lower_90, upper_90, p_value,
        pilot_before, pilot_during, other_before, other_during, status, reason
    from metrics.pilot_effects
    where is_main
)

select * from final order by is_main_outcome desc, outcome
