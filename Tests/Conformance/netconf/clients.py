"""Has NETCONF clients that are not ours carry out one small change on a lab router.

    clients.py CLIENT PORT USER PASSWORD

CLIENT is one of those below; it locks, edits, validates, commits, reads back, meets an error, and leaves. Prints what failed.
"""
import os
import subprocess
import sys

CLIENT, PORT, USER, PASSWORD = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
HOST = "127.0.0.1"
BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
LAB = "urn:asbuilt:lab-router"


def system(leaf, value):
    return f'<system xmlns="{LAB}"><{leaf}>{value}</{leaf}></system>'


def config(content):
    return f'<config xmlns="{BASE}">{content}</config>'


GOOD = config(system("contact", f"from {CLIENT}"))
BAD = config(system("colour", "red"))


def expect(condition, what):
    if not condition:
        sys.exit(f"{CLIENT}: {what}")


def ncclient():
    from ncclient import manager
    from ncclient.operations import RPCError

    with manager.connect(host=HOST, port=PORT, username=USER, password=PASSWORD, hostkey_verify=False,
                         look_for_keys=False, allow_agent=False, timeout=30) as m:
        expect(":confirmed-commit:1.1" in m.server_capabilities, "no confirmed commit")
        with m.locked("candidate"):
            m.edit_config(target="candidate", config=GOOD)
            m.validate("candidate")
            m.commit(confirmed=True, timeout="60", persist="tok")
            m.commit(persist_id="tok")
            try:
                m.edit_config(target="candidate", config=BAD)
                expect(False, "an unknown leaf was taken")
            except RPCError as error:
                expect(error.tag == "unknown-element", f"tag {error.tag}")
        expect("from ncclient" in m.get_config("running", filter=("subtree", f'<system xmlns="{LAB}"/>')).data_xml, "not read back")
        expect("module lab-router" in m.get_schema("lab-router").data, "no schema")
        m.create_subscription()
        m.copy_config(source="running", target="startup")
        expect(m.take_notification(timeout=30) is not None, "no notification")


def netconf_client():
    from netconf_client.connect import connect_ssh
    from netconf_client.error import RpcError
    from netconf_client.ncclient import Manager

    with connect_ssh(host=HOST, port=PORT, username=USER, password=PASSWORD) as session:
        m = Manager(session, timeout=30)
        m.lock("candidate")
        m.edit_config(config=GOOD, target="candidate")
        m.validate("candidate")
        m.commit()
        try:
            m.edit_config(config=BAD, target="candidate")
            expect(False, "an unknown leaf was taken")
        except RpcError as error:
            expect(error.tag == "unknown-element", f"tag {error.tag}")
        m.unlock("candidate")
        expect(b"from netconf_client" in m.get_config(source="running").data_xml, "not read back")
        expect(b"oper-status" in m.get_data(datastore="ds:operational").data_xml, "get-data")
        expect(b"oper-status" not in m.get_data(datastore="ds:running").data_xml, "get-data of running")
        m.close_session()


def scrapli_netconf():
    from scrapli_netconf.driver import NetconfDriver

    driver = NetconfDriver(host=HOST, port=PORT, auth_username=USER, auth_password=PASSWORD, auth_strict_key=False,
                           transport="paramiko", timeout_ops=30)
    driver.open()
    for what, reply in (
            ("lock", driver.lock("candidate")), ("edit", driver.edit_config(config=GOOD, target="candidate")),
            ("validate", driver.validate("candidate")), ("commit", driver.commit()), ("unlock", driver.unlock("candidate"))):
        expect(not reply.failed, f"{what}: {reply.result}")
    reply = driver.edit_config(config=BAD, target="candidate")
    expect(reply.failed and "unknown-element" in reply.result, "an unknown leaf was taken")
    expect("from scrapli_netconf" in driver.get_config(source="running").result, "not read back")
    reply = driver.get(filter_='//*[local-name()="contact"]', filter_type="xpath")
    expect("from scrapli_netconf" in reply.result and "interfaces" not in reply.result, f"XPath: {reply.result}")
    driver.close()


def netconf():
    from netconf.client import NetconfSSHSession
    from netconf.error import RPCError

    session = NetconfSSHSession(HOST, PORT, USER, PASSWORD)
    session.lock("candidate")
    session.edit_config(newconf=GOOD, target="candidate")
    session.send_rpc(f'<commit xmlns="{BASE}"/>')
    session.unlock("candidate")
    try:
        session.edit_config(newconf=BAD, target="candidate")
        expect(False, "an unknown leaf was taken")
    except RPCError as error:
        expect("unknown-element" in str(error), str(error))
    session.send_rpc(f'<discard-changes xmlns="{BASE}"/>')
    from lxml import etree
    expect(b"from netconf" in etree.tostring(session.get_config("running")), "not read back")
    session.close()


def netconf_console():
    def console(*arguments):
        program = os.path.join(os.path.dirname(sys.executable), "netconf-console2")
        command = [program, "--host", HOST, "--port", str(PORT), "-u", USER, "-p", PASSWORD]
        done = subprocess.run(command + list(arguments), capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    import tempfile
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
        file.write(system("contact", f"from {CLIENT}"))
        file.flush()
        said = console("--db", "candidate", f"--edit-config={file.name}", "--commit")
        expect("<ok" in said and "rpc-error" not in said, said)
    expect("confirmed-commit:1.1" in console("--hello"), "hello")
    expect("from netconf_console" in console("--get-config"), "not read back")
    expect("session" in console("--get=/ncm:netconf-state", "-N", "ncm=urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"), "state")


globals()[CLIENT]()
print(f"{CLIENT}: at home")
