import CLIApplyModel
import CLIConfiguration
import Testing

/// Values of settings in texts of braces.
@Suite struct `Values at the end of paths` {
    @Test func `one value is deleted by the name of its setting, one of several by itself`() throws {
        let text = "interface ethernet-1/1 {\n    mtu 9000\n    admin-state enable\n}\n"
        #expect(
            try commands("nokia_srlinux", text, text.replacing("    mtu 9000\n", with: ""))
                == ["delete / interface ethernet-1/1 mtu"])
        let list = "network-instance default {\n    protocols {\n        bgp {\n            group g {\n"
        let end = "            }\n        }\n    }\n}\n"
        #expect(
            try commands(
                "nokia_srlinux", list + "                export-policy [\n a\n b\n ]\n" + end,
                list + "                export-policy [\n a\n ]\n" + end)
                == ["delete / network-instance default protocols bgp group g export-policy b"])
    }

    @Test func `what is emptied and filled again gets its mark and its place again`() throws {
        func port(_ line: String) -> String { "interfaces { inactive: ge-0/0/0 { \(line) } }" }
        #expect(
            try commands("juniper_junos", port("unit 0;"), port("disable;")) == [
                "delete interfaces ge-0/0/0 unit 0", "set interfaces ge-0/0/0 disable",
                "deactivate interfaces ge-0/0/0",
            ])
        func policy(_ line: String) -> String {
            "policy-options { policy-statement P { term a { \(line) } term b { then accept; } } }"
        }
        let sent = try commands("juniper_junos", policy("from protocol bgp;"), policy("then reject;"))
        #expect(sent.last == "insert policy-options policy-statement P term a before term b")
    }

    @Test func `half a quote in a remark takes no statement along`() throws {
        let lines = ["set system host-name a", "set system domain-name b"]
        let remark = "/* a \" quote */"
        #expect(
            try commands(
                "vyos", lines.joined(separator: "\n"), ([lines[0], remark, lines[1]]).joined(separator: "\n")) == [])
    }

    @Test func `an object without content is deleted by its own name`() throws {
        let text = "network-instance default {\n    interface ethernet-1/1.0 {\n    }\n    type default\n}\n"
        #expect(
            try commands("nokia_srlinux", text, "network-instance default {\n    type default\n}\n")
                == ["delete / network-instance default interface ethernet-1/1.0"])
    }

    @Test func `a value over several lines is the same with other ends of lines`() throws {
        let text = "system {\n    banner {\n        login-banner \"one\ntwo\"\n    }\n}\n"
        #expect(try commands("nokia_srlinux", text, text.replacing("\n", with: "\r\n")) == [])
    }
}
