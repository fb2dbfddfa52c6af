"""The same models on Apache Spark, or on an engine that speaks its protocol: what leaves this machine's one process.

What belongs here: what is handed over to the engine (`handover`), the process that runs inside the engine's own
environment (`inside`, which imports nothing else of the project), who starts it (`build`), and the proof that both
engines say the same (`parity`). Not here: what differs in SQL; that is `dbt_project/macros/engine`.
"""
