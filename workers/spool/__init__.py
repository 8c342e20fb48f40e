"""The spool: a folder of bounded size on a host, where segments lie between the dump and the stores, or between a store and the load.

`room` keeps its bytes within `spool.bytes`, `cut` writes segments into it, `files` names what lies there. Stands beside stores
and sources and knows neither.
"""
