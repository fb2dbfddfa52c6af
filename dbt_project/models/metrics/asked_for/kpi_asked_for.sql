-- Figures that the assurance meetings asked for and no export supplies yet: written down here and nowhere else, so that the register
-- does not pass over them.

{%- set says -%}
# `export`: what the export would be called that could supply it; the register looks for it among what was delivered.
asked_for:
  - kpi_id: charter_contacts
    label: Contacts kept under the Local Policing Charter
    definition: Contacts with a local policing team that were answered as the Local Policing Charter promises, of all such contacts.
    unit: ratio
    better: higher
    owner: Assistant Chief Constable, Local Policing
    export: charter_contacts
    restored_by: an export of the contacts of the safer neighbourhood teams (when each came, when it was answered, by whom), once the charter's metrics are agreed
    asked: assurance meeting of 18 May 2021, 1.1
  - kpi_id: public_confidence
    label: Public confidence
    definition: Share of the public surveyed who have confidence in the force.
    unit: ratio
    better: higher
    owner: Chief Constable
    export: confidence_survey
    restored_by: the quarterly results of the confidence survey, per area, with the number asked
    asked: assurance meeting of 21 October 2021, 2.2
  - kpi_id: staff_savings_realised
    label: Staff savings realised by SAAB Safe
    definition: Full-time equivalents saved by the incident system since it went live, beside the 11 envisaged.
    unit: full-time equivalents
    better: higher
    owner: Change and Transformation Board
    export: benefits_register
    restored_by: the benefits register of the SAAB programme, posts given up by month
    asked: assurance meeting of 18 May 2021, 1.1
  - kpi_id: complaints
    label: Complaints about public contact
    definition: Complaints about the answering of, and the response to, calls for service.
    unit: complaints
    better: lower
    owner: Head of Professional Standards
    export: complaints
    restored_by: a monthly export of complaints with date received, subject and area
    asked: assurance meeting of 21 October 2021, 2.1
  - kpi_id: officer_contact_details_given
    label: Automated replies that give contact details
    definition: Teams whose automated reply names the team's own contact details, of all teams with a published mailbox.
    unit: ratio
    better: higher
    owner: Assistant Chief Constable, Local Policing
    export: mailbox_replies
    restored_by: a list of the teams' mailboxes and what their automated reply says
    asked: assurance meetings of 18 May 2021, 1.1, and 21 October 2021, 2.4
  - kpi_id: outage_opportunity_cost
    label: Opportunity cost of outages
    definition: Officer and staff hours lost to an outage and to the keying in of its paper records.
    unit: hours
    better: lower
    owner: Head of Digital Services
    export: outage_costs
    restored_by: a record of the hours that each outage cost, by team
    asked: assurance meeting of 21 October 2021, 2.1
{%- endset -%}
{%- set says = fromyaml(says) -%}

{{ config(materialized='ephemeral') }}

with

deliveries as (

    select * from {{ source('landing', 'deliveries') }}

),

asked_for as (

    {% for figure in says.asked_for %}
    select
        {{ sql_text(figure.kpi_id) }} as kpi_id,
        {{ sql_text(figure.label) }} as label,
        {{ sql_text(figure.definition) }} as definition,
        {{ sql_text(figure.unit) }} as unit,
        {{ sql_text(figure.better) }} as better,
        {{ sql_text(figure.owner) }} as owner,
        {{ sql_text(figure.export) }} as export,
        {{ sql_text(figure.restored_by) }} as restored_by,
        {{ sql_text(figure.asked) }} as asked
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

delivered as (

    select distinct export from deliveries

),

final as (

    select
        asked_for.kpi_id,
        'NONE' as system_version,
        'no system yet' as system_version_label,
        asked_for.label,
        asked_for.definition,
        cast(null as string) as formula,
        asked_for.unit,
        asked_for.better,
        asked_for.owner,
        cast(null as string) as inputs,
        cast(null as string) as source,
        'NOT_AVAILABLE' as status,
        cast(null as date) as since,
        case
            when delivered.export is null then 'no export supplies it; asked for at the ' || asked_for.asked
            else asked_for.export || ' comes, and no indicator is made of it yet; asked for at the ' || asked_for.asked
        end as reason,
        asked_for.restored_by,
        cast(null as double) as coverage_ratio,
        cast(null as date) as coverage_month,
        cast(null as string) as limits,
        cast(null as string) as definition_version,
        cast(null as string) as input_changes
    from asked_for
    left join delivered on asked_for.export = delivered.export

)

select * from final
