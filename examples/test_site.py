"""The playbook site.yml on the simulator: pytest test_site.py"""

import os
import subprocess

from magalu_cloud_simulator import running


def play(sim):
    subprocess.run(
        ["ansible-playbook", "-i", "inventory", "site.yml"], env={**os.environ, **sim.environment}, check=True
    )


def states(sim):
    return {instance["name"]: instance["state"] for instance in sim.state()["br-se1"]["instances"]}


def test_a_lost_response_creates_no_duplicate():
    with running(speed=10, unique_names=False) as sim:
        sim.add_fault(operation="POST /v1/instances", kind="reset", when="after")
        play(sim)
        assert states(sim) == {"web-1": "running", "web-2": "stopped"}
        assert sim.faults()[0]["fired"] == 1
        sim.clear_requests()
        play(sim)
        assert {request["method"] for request in sim.requests()} == {"GET"}


def test_a_machine_type_that_is_sold_out():
    with running(speed=10, capacity={"BV1-1-40": 1}) as sim:
        try:
            play(sim)
        except subprocess.CalledProcessError:
            pass
        assert "creating_error" in sim.state()["br-se1"]["instances"][1]["status"]
