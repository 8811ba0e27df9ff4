# SPDX-License-Identifier: Apache-2.0
"""Mutated HTTP/1 streams through the proxy to four kinds of node: whether all read the same requests.

draft.py, mutations.py and streams.py make them, sending.py sends them, recording.py and raw_node.py keep what the nodes
saw, strict.py is the reading nobody may differ from, comparing.py holds them against each other.
"""
