import Diagnostics
import SourceDocuments
import TestSupport
import Testing

@testable import DeviceInventory

@Suite struct InventoryTests {
    private static let site = SiteSettings(name: "s", environment: "test", fields: ["rack"])

    private func read(_ devices: String, _ groups: String? = nil, platforms: [String]? = ["frr", "junos"])
        throws(Findings)
        -> Inventory
    {
        var document: SourceDocument?
        if let groups { document = try SourceDocument.yaml(groups, file: "inventory/groups.yaml") }
        return try Inventory.read(
            site: Self.site, devices: SourceDocument.yaml(devices, file: "inventory/devices.yaml"), groups: document,
            platforms: platforms)
    }

    private func findings(_ devices: String, _ groups: String? = nil) -> String {
        do {
            _ = try read(devices, groups)
            return "no findings"
        } catch { return error.description }
    }

    private static let devices = """
        asbuilt: devices/v1
        defaults:
          platform: frr
          credentials: { user: netops, key: "file:~/.ssh/netops" }
          vars: { a: defaults, b: defaults, deep: { x: 1, y: [1, 2] } }
        devices:
          r1:
            groups: [edge, ams]
            endpoints: { cli: "ssh://192.0.2.1" }
            credentials: { user: other }
            vars: { d: device, deep: { y: [3] } }
        """
    private static let groups = """
        asbuilt: groups/v1
        groups:
          europe: { children: [ams], site: eu, vars: { a: europe, b: europe, c: europe } }
          edge: { role: edge, vars: { b: edge, c: edge } }
          ams: { site: ams, vars: { c: ams, deep: { z: 9 } } }
        """

    @Test func `values merge from defaults over groups to the device`() throws {
        let device = try #require(try read(Self.devices, Self.groups).device("r1"))
        #expect(device.groups == ["edge", "europe", "ams"])
        #expect(device.site == "ams")
        #expect(device.role == "edge")
        #expect(device.credentials.references == ["user": "other", "key": "file:~/.ssh/netops"])
        #expect(
            PlainValue.map(try device.variableValues()).json
                == #"{"a":"europe","b":"europe","deep":{"x":1,"y":[3],"z":9},"c":"ams","d":"device"}"#)
    }

    @Test func `every value says which line gave it and which lines lost`() throws {
        let device = try #require(try read(Self.devices, Self.groups).device("r1"))
        let lines = device.explained().map { value in
            "\(value.path) = \(value.value)  \(value.position) (\(value.layer))"
                + (value.overridden.isEmpty
                    ? "" : " over " + value.overridden.map(\.description).joined(separator: ", "))
        }
        #expect(
            lines == [
                "platform = frr  inventory/devices.yaml:3:13 (defaults)",
                "credentials.user = other  inventory/devices.yaml:10:26 (device r1)"
                    + " over inventory/devices.yaml:4:24",
                "credentials.key = file:~/.ssh/netops  inventory/devices.yaml:4:37 (defaults)",
                "vars.a = europe  inventory/groups.yaml:3:51 (group europe) over inventory/devices.yaml:5:14",
                "vars.b = europe  inventory/groups.yaml:3:62 (group europe)"
                    + " over inventory/devices.yaml:5:27, inventory/groups.yaml:4:34",
                "vars.deep.x = 1  inventory/devices.yaml:5:48 (defaults)",
                "vars.deep.y = [3]  inventory/devices.yaml:11:35 (device r1) over inventory/devices.yaml:5:54",
                "vars.deep.z = 9  inventory/groups.yaml:5:48 (group ams)",
                "vars.c = ams  inventory/groups.yaml:5:32 (group ams)"
                    + " over inventory/groups.yaml:4:43, inventory/groups.yaml:3:73",
                "vars.d = device  inventory/devices.yaml:11:16 (device r1)",
                "role = edge  inventory/groups.yaml:4:17 (group edge)",
                "site = ams  inventory/groups.yaml:5:16 (group ams) over inventory/groups.yaml:3:36",
                "endpoints.cli = ssh://192.0.2.1  inventory/devices.yaml:9:23 (device r1)",
            ])
    }

    @Test func `an engagement's variables are laid over: all, groups, device`() throws {
        let scratch = try ScratchFolder("vars")
        try scratch.write("a: all\nb: all\nc: all\nd: all\n", to: "vars/all.yaml")
        try scratch.write("b: ams\nc: ams\n", to: "vars/ams.yaml")
        try scratch.write("b: edge\n", to: "vars/edge.yaml")
        try scratch.write("d: r1\n", to: "vars/r1.yaml")
        let inventory = try read(Self.devices, Self.groups)
            .addingVariables(from: scratch.path + "/vars", shownAs: "vars")
        let device = try #require(inventory.device("r1"))
        let values = try device.variableValues()
        #expect(
            ["a", "b", "c", "d"].map { values[$0] } == [.string("all"), .string("ams"), .string("ams"), .string("r1")])
        let explained = device.explained().first { $0.path == "vars.d" }
        #expect(explained?.layer == "vars/r1.yaml")
        #expect(explained?.position.description == "vars/r1.yaml:1:4")
        #expect(explained?.overridden.map(\.description) == ["inventory/devices.yaml:11:16", "vars/all.yaml:4:4"])
    }

    @Test func `a variables file of nobody is a finding`() throws {
        let scratch = try ScratchFolder("vars")
        try scratch.write("a: 1\n", to: "vars/egde.yaml")
        try scratch.write("- 1\n", to: "vars/all.yaml")
        let inventory = try read(Self.devices, Self.groups)
        let error = #expect(throws: Findings.self) {
            try inventory.addingVariables(from: scratch.path + "/vars", shownAs: "vars")
        }
        #expect(
            error?.description == """
                vars/all.yaml:1:1: error: `the variables` is a list, expected a mapping [inventory.wrong-type]
                  1 | - 1
                    | ^
                  → write, for example, `the variables: { … }`
                vars/egde.yaml: error: there is no group and no device `egde` [inventory.vars-file]
                  → did you mean edge.yaml? Name the file all.yaml, GROUP.yaml or DEVICE.yaml
                """)
    }

    @Test func `everything wrong in an inventory is told at once`() {
        let devices = """
            asbuilt: devices/v1
            devices:
              r1:
                platfrom: frr
                groups: [egde]
                endpoints: { cli: telnet://192.0.2.1, netcof: ssh://192.0.2.1 }
              r2: { platform: fr, endpoints: { cli: "ssh://admin@192.0.2.2" } }
              r3: { platform: frr }
              all: { platform: frr }
              r4: { endpoints: { cli: "ssh://192.0.2.4" }, vars: { up: yes } }
              edge: { platform: junos, endpoints: { cli: "ssh://192.0.2.5" } }
              r5: { endpoints: { cli: "ssh://192.0.2.6" }, legacy-algorithms: [ssh-dss] }
              r6: { endpoints: { cli: "ssh://192.0.2.7" } }
            """
        let groups = "asbuilt: groups/v1\ngroups:\n  edge: { children: [core] }\n  core: { children: [edge, cor] }\n"
        let text = findings(devices, groups)
        for expected in [
            "inventory/devices.yaml:4:5: error: the device `r1` has no key `platfrom` [inventory.unknown-key]",
            "→ did you mean `platform`? Known keys: ",
            "inventory/devices.yaml:6:23: error: “telnet://192.0.2.1” is not an endpoint [inventory.endpoint]",
            "inventory/devices.yaml:6:43: error: a list of endpoints has no key `netcof` [inventory.unknown-key]",
            "inventory/devices.yaml:7:19: error: there is no platform “fr” [inventory.unknown-platform]",
            "→ did you mean `frr`? Known platforms: frr, junos",
            "inventory/devices.yaml:7:41: error: “ssh://admin@192.0.2.2” is not an endpoint: the user stands under `credentials`",
            "inventory/devices.yaml:8:3: error: the device `r3` has no endpoint [inventory.missing-endpoint]",
            "inventory/devices.yaml:9:3: error: “all” cannot be the name of a device [inventory.name]",
            "inventory/devices.yaml:10:60: error: `yes` without quotes means different things in different versions of YAML",
            "inventory/devices.yaml:11:3: error: `edge` is the name of a group too [inventory.name]",
            "inventory/devices.yaml:12:68: error: `legacy-algorithms` is “ssh-dss”, which is none of its words",
            "inventory/devices.yaml:13:3: error: the device `r6` has no platform [inventory.missing-platform]",
            "inventory/groups.yaml:4:22: error: the group `edge` contains `core` and cannot be inside it",
            "inventory/groups.yaml:4:28: error: there is no group `cor` [inventory.unknown-group]",
        ] { #expect(text.contains(expected), "\(expected)") }
    }

    @Test func `a password in clear is refused and not shown`() {
        let text = findings(
            "asbuilt: devices/v1\ndevices:\n  r1: { platform: frr, endpoints: { cli: \"ssh://h\" }, credentials: { password: hunter2 } }\n"
        )
        #expect(
            text == """
                inventory/devices.yaml:3:80: error: `password` is not a reference to a secret (its text is not shown here) \
                [inventory.credential-in-clear]
                  → keep the secret elsewhere and write env:NAME, file:PATH or command:PROGRAM; if it was a secret, change it
                """)
        #expect(!text.contains("hunter2"))
    }

    @Test func `a wrong site is a finding`() throws {
        let document = try SourceDocument.yaml(
            "asbuilt: site/v1\nname: s\nfields: [rack, groups]\n", file: "inventory/site.yaml")
        let error = #expect(throws: Findings.self) { try SiteSettings.read(document) }
        #expect(error?.all.map(\.code) == ["site.missing-key", "site.field-name"])
    }

    @Test func `outside a workspace it is said what a workspace is`() throws {
        let scratch = try ScratchFolder("nowhere")
        let error = #expect(throws: Findings.self) { try Workspace.find(from: scratch.path) }
        #expect(error?.all.map(\.code) == ["workspace.not-found"])
    }

    @Test(arguments: [
        ("ssh://192.0.2.1", "ssh://192.0.2.1:22"), ("ssh://h.example.net:2222/", "ssh://h.example.net:2222"),
        ("ssh://[2001:DB8::1]", "ssh://[2001:db8::1]:22"), ("ssh://[fe80::1%eth0]:22", "ssh://[fe80::1%eth0]:22"),
    ])
    func `endpoints are read`(text: String, url: String) { #expect(Endpoint(text, kind: .cli)?.url == url) }

    @Test(arguments: [
        "192.0.2.1", "ssh://", "ssh://-oProxyCommand=x", "ssh://a b", "ssh://h:0", "ssh://h:65536", "ssh://h:",
        "ssh://h:+22",
        "ssh://[::1", "ssh://[a]", "ssh://u@h", "ssh://h/path", "http://h", "ssh://h:22:23",
    ])
    func `other texts are no endpoints`(text: String) { #expect(Endpoint(text, kind: .cli) == nil) }

    @Test func `the lock holds what was read and nothing else`() throws {
        let device = try #require(try read(Self.devices, Self.groups).device("r1"))
        let locked = try InventoryLock.LockedDevice(
            device, hostKeys: ["cli": ["SHA256:b", "SHA256:a"]], read: [["a"], ["deep", "y"], ["nobody", "home"]])
        #expect(locked.values == ["a": "\"europe\"", "deep.y": "[3]", "nobody.home": "null"])
        #expect(locked.hostKeys == ["cli": ["SHA256:a", "SHA256:b"]])
        #expect(locked.endpoints == ["cli": "ssh://192.0.2.1:22"])
        let again = try InventoryLock.LockedDevice(
            try #require(
                try read(Self.devices + "\n  r9: { endpoints: { cli: \"ssh://x\" } }\n", Self.groups).device("r1")),
            hostKeys: ["cli": ["SHA256:a", "SHA256:b"]], read: [["a"], ["deep", "y"], ["nobody", "home"]])
        #expect(again == locked)
    }
}
