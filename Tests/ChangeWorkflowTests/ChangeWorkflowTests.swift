import ChangeWorkflow
import Diagnostics
import Foundation
import TestSupport
import Testing

@Suite struct `Use-cases on files` {
    private let running = "hostname r1\ninterface eth0\n description old\nexit\n"
    private let intended = "hostname r1\ninterface eth0\n description new\nexit\nip route 10.9.0.0/16 blackhole\n"

    private func folder() throws -> (ScratchFolder, Workflow) {
        let folder = try ScratchFolder("workflow")
        try folder.write(running, to: "running.cfg")
        try folder.write(intended, to: "intended.cfg")
        return (folder, Workflow(startFolder: folder.url))
    }

    @Test func `a difference ends with status 1, none with 0`() throws {
        let (folder, workflow) = try folder()
        defer { withExtendedLifetime(folder) {} }
        let answer = try workflow.compare("running.cfg", "intended.cfg", platform: "frr")
        #expect(answer.status == .differences)
        #expect(answer.text == "  interface eth0\n-  description old\n+  description new\n+ ip route 10.9.0.0/16 blackhole\n")
        #expect(answer.json.hasPrefix("{\"asbuilt\":\"diff/v1\""))
        #expect(try workflow.compare("running.cfg", "running.cfg", platform: "frr").status == .done)
    }

    @Test func `remediation prints the commands, and the way back on request`() throws {
        let (folder, workflow) = try folder()
        defer { withExtendedLifetime(folder) {} }
        func lines(_ backout: Bool) throws -> [String] {
            try workflow.remediate(
                running: "running.cfg", intended: "intended.cfg", platform: "frr", ownership: .replace,
                backout: backout, showSecrets: false
            ).text.split(separator: "\n").map(String.init)
        }
        let forward = try lines(false)
        #expect(Set(forward) == ["interface eth0", "description new", "exit", "ip route 10.9.0.0/16 blackhole"])
        let back = try lines(true)
        #expect(Set(back) == ["interface eth0", "description old", "exit", "no ip route 10.9.0.0/16 blackhole"])
    }

    @Test func `secrets are masked unless they are asked for`() throws {
        let (folder, workflow) = try folder()
        try folder.write("router bgp 1\n neighbor 192.0.2.1 remote-as 2\n neighbor 192.0.2.1 password Canary-1\nexit\n", to: "s.cfg")
        let diff = try workflow.compare("running.cfg", "s.cfg", platform: "frr")
        #expect(!diff.text.contains("Canary-1") && !diff.json.contains("Canary-1"))
        func remediate(_ show: Bool) throws -> String {
            try workflow.remediate(
                running: "s.cfg", intended: "running.cfg", platform: "frr", ownership: .replace, backout: true,
                showSecrets: show
            ).text
        }
        #expect(!(try remediate(false).contains("Canary-1")))
        #expect(try remediate(true).contains("Canary-1"))
    }

    @Test func `output of a show command becomes rows, with a template or an index of templates`() throws {
        let (folder, workflow) = try folder()
        try folder.write("e1 10 a\r\ne2 2000 b\r\n", to: "ports.txt")
        try folder.write(
            "Value PORT (\\S+)\nValue List VLANS (\\d+)\n\nStart\n  ^${PORT} ${VLANS} -> Record\n", to: "ntc/acme_show_ports.textfsm")
        try folder.write("Template, Hostname, Platform, Command\n\nacme_show_ports.textfsm, .*, acme, sh[[ow]] po[[rts]]\n", to: "ntc/index")
        func parse(_ platform: String?, _ command: String?, _ template: String? = nil, _ folder: String? = "ntc") throws
            -> WorkflowAnswer
        { try workflow.parse("ports.txt", platform: platform, command: command, template: template, folder: folder) }
        let answer = try parse("acme", "sh port")
        #expect(answer.text == "port  vlans\ne1    10\ne2    2000")
        #expect(
            answer.json == #"{"asbuilt":"table/v1","columns":["port","vlans"],"command":"sh port","platform":"acme","#
                + #""rows":[{"port":"e1","vlans":["10"]},{"port":"e2","vlans":["2000"]}]}"#)
        #expect(try parse(nil, nil, "ntc/acme_show_ports.textfsm").text == answer.text)
        func code(_ work: () throws -> WorkflowAnswer) -> String? {
            let error = #expect(throws: Findings.self) { _ = try work() }
            return error?.all.first.map { "\($0.code) \($0.position?.description ?? "")" }
        }
        #expect(code { try parse("acme", "show clock") } == "textfsm.no-template ")
        #expect(code { try parse("acme", "sh port", nil, nil) } == "textfsm.no-template ")
        #expect(code { try parse("acme", nil) } == "textfsm.no-template ")
        #expect(code { try parse("acme", "sh port", nil, "none") } == "textfsm.missing-template none/index")
        #expect(code { try parse(nil, nil, "ports.txt") } == "textfsm.template ports.txt:1")
        try folder.write("Template, Platform, Command\n../ports.txt, acme, x\n", to: "ntc/index")
        #expect(code { try parse("acme", "x") } == "textfsm.missing-template ")
    }

    @Test func `a missing file and an unknown platform say what to do`() throws {
        let (folder, workflow) = try folder()
        defer { withExtendedLifetime(folder) {} }
        #expect { try workflow.compare("running.cfg", "nope.cfg", platform: "frr") } throws: {
            ($0 as? Findings)?.all.map(\.code) == ["file.unreadable"]
        }
        #expect { try workflow.compare("running.cfg", "intended.cfg", platform: "ios") } throws: { error in
            (error as? Findings)?.all.first.map { $0.code == "platform.unknown" && $0.remedy.contains("frr") } == true
        }
    }

    // MARK: Compliance on files

    private func site(rules: String) throws -> (ScratchFolder, Workflow) {
        let folder = try ScratchFolder("site")
        try FileManager.default.copyItem(
            at: Repository.root.appending(path: "inventory"), to: folder.url.appending(path: "inventory"))
        try folder.write(rules, to: "rules.yaml")
        try folder.write("ip route 10.9.0.0/16 blackhole\n", to: "in/ams-edge-1.cfg")
        return (folder, Workflow(startFolder: folder.url))
    }

    @Test func `files are judged by the rules of their device's groups`() async throws {
        let (folder, workflow) = try site(
            rules: """
                asbuilt: rules/v1
                groups:
                  ams: [ { id: route, required: [ "ip route * blackhole" ] } ]
                  edge: [ { id: no-bgp, disallowed: [ "~^router bgp" ] } ]
                """)
        let answer = try await workflow.compliance(
            rules: "rules.yaml", input: "in", devices: "name:ams-edge-1", as: nil, junit: "report.xml")
        #expect(answer.status == .done, "\(answer.text)")
        #expect(answer.text.contains("ams-edge-1: compliant, 100 % (A)"))
        #expect(try folder.read("report.xml").contains("tests=\"2\" failures=\"0\""))
        // A device without a file is unreadable: never green.
        #expect(try await workflow.compliance(rules: "rules.yaml", input: "in", devices: "role:edge", as: nil, junit: nil).status == .notDone)
    }

    @Test(arguments: [
        ("groups:\n  edge: [ { id: x, required: [ a ] } ]\n", "rules.missing-key"),
        ("asbuilt: rules/v1\ngroups:\n  edge: [ { id: x } ]\n", "rules.judges-nothing"),
        ("asbuilt: rules/v1\ngroups:\n  edge: [ { id: x, requierd: [ a ] } ]\n", "rules.unknown-key"),
        ("asbuilt: rules/v1\ngroups:\n  edge: [ { id: x, required: [ \"~(\" ] } ]\n", "rules.bad-pattern"),
        ("asbuilt: rules/v1\ngroups:\n  edge: [ { id: x, required: [ \"ntp {{ a }}\" ] } ]\n", "rules.template"),
        ("asbuilt: rules/v1\ngroups: {}\n", "rules.empty"),
    ])
    func `a rule file that cannot be meant is refused at its place`(text: String, code: String) async throws {
        let (folder, workflow) = try site(rules: text)
        defer { withExtendedLifetime(folder) {} }
        await #expect { try await workflow.compliance(rules: "rules.yaml", input: "in", devices: "all", as: nil, junit: nil) } throws: { error in
            guard let findings = error as? Findings else { return false }
            return findings.all.contains { $0.code == code && $0.position?.file == "rules.yaml" && !$0.remedy.isEmpty }
        }
    }

    @Test func `the inventory explains where a value comes from`() throws {
        let (folder, workflow) = try site(rules: "asbuilt: rules/v1\n")
        defer { withExtendedLifetime(folder) {} }
        let answer = try workflow.inventoryShow(device: "ams-edge-1", explain: true)
        #expect(answer.text.contains("vars.asn: 64500\n    inventory/groups.yaml:7:12 (group ams)"))
        #expect(try workflow.inventoryList(devices: "role:core").text.contains("ams-core-2"))
        #expect { try workflow.inventoryList(devices: "role:nothing") } throws: {
            ($0 as? Findings)?.all.first?.code == "selector.matches-nothing"
        }
    }
}

@Suite struct `Exit statuses` {
    @Test(arguments: [
        ("gate.changed-file", CommandStatus.refused), ("contract.unknown-key", .invalid), ("plan.stale", .refused),
        ("transport.host-key-changed", .refused), ("transport.timed-out", .notDone), ("driver.connection", .notDone),
    ])
    func `a finding's area decides the status`(code: String, status: CommandStatus) {
        #expect(CommandStatus(findings: Findings([Finding(code: code, what: "", remedy: "")])) == status)
    }

    @Test func `a warning stops nothing, a refusal outranks an invalid file`() {
        #expect(CommandStatus(findings: Findings([Finding(.warning, code: "gate.x", what: "", remedy: "")])) == .done)
        let both = Findings([Finding(code: "contract.x", what: "", remedy: ""), Finding(code: "gate.x", what: "", remedy: "")])
        #expect(CommandStatus(findings: both) == .refused)
    }
}
