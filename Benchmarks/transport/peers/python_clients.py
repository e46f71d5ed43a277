"""python_clients.py ncclient|asyncssh|netmiko COUNT WORKERS PORT

One cycle per device with a Python library, the same steps as the other clients; prints how many succeeded.
"""

import asyncio
import concurrent.futures
import logging
import os
import sys

logging.disable(logging.CRITICAL)
mode, count, workers, port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
EDIT = (
    '<config><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface>'
    "<name>GigabitEthernet0/1</name><description>set by test</description></interface></interfaces></config>"
)
BODIES = [
    "<get-config><source><running/></source></get-config>",
    f"<edit-config><target><candidate/></target>{EDIT}</edit-config>",
    "<commit/>",
    "<close-session/>",
]
BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
HELLO = (
    f'<?xml version="1.0" encoding="UTF-8"?><hello xmlns="{BASE}"><capabilities>'
    "<capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]>"
)


def host(index):
    return f"127.0.{(index // 250) % 250}.{index % 250 + 1}"


def in_threads(one):
    good = 0
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for future in [pool.submit(one, index) for index in range(count)]:
            try:
                future.result()
                good += 1
            except Exception as error:  # counted, and the first ones shown
                if good < 3:
                    print(f"{type(error).__name__}: {error}", file=sys.stderr)
    return good


def ncclient():
    from ncclient import manager

    def one(index):
        with manager.connect(
            host=host(index), port=port, username="admin", password="admin", hostkey_verify=False,
            look_for_keys=False, allow_agent=False, timeout=120,
        ) as session:
            assert "GigabitEthernet0/5" in session.get_config("running").xml
            session.edit_config(target="candidate", config=EDIT)
            session.commit()

    return in_threads(one)


def asyncssh():
    import asyncssh as library

    async def one(index, width):
        async with width:
            async with library.connect(
                host(index), port, username="admin", password="admin", known_hosts=None, client_keys=None,
                agent_path=None, config=None,
            ) as connection:
                writer, reader, _ = await connection.open_session(subsystem="netconf", encoding=None)
                writer.write(HELLO.encode())
                await reader.readuntil(b"]]>]]>")
                for number, body in enumerate(BODIES):
                    rpc = f'<?xml version="1.0" encoding="UTF-8"?><rpc xmlns="{BASE}" message-id="{101 + number}">'
                    writer.write(f"{rpc}{body}</rpc>]]>]]>".encode())
                    await reader.readuntil(b"]]>]]>")

    async def all_of_them():
        width = asyncio.Semaphore(workers)
        results = await asyncio.gather(*[one(index, width) for index in range(count)], return_exceptions=True)
        failures = [result for result in results if isinstance(result, Exception)]
        for failure in failures[:3]:
            print(f"{type(failure).__name__}: {failure}", file=sys.stderr)
        return count - len(failures)

    return asyncio.run(all_of_them())


def netmiko():
    from netmiko import ConnectHandler

    def one(index):
        with ConnectHandler(
            device_type="cisco_ios", host=host(index), port=port, username="admin", password="admin", fast_cli=True,
            conn_timeout=60, auth_timeout=60, banner_timeout=60, read_timeout_override=60,
        ) as session:
            lines = ["interface GigabitEthernet0/1", "description set by test", "mtu 9000"]
            assert "mtu 9000" in session.send_config_set(lines, cmd_verify=False)
            assert "Version" in session.send_command("show version")

    return in_threads(one)


good = {"ncclient": ncclient, "asyncssh": asyncssh, "netmiko": netmiko}[mode]()
print(f"{mode} ok={good}/{count}", flush=True)
# Without waiting for what threads of the libraries still do.
os._exit(0 if good == count else 3)
