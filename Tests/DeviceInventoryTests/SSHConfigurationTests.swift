@testable import DeviceInventory
import Diagnostics
import Foundation
import SourceDocuments
import TestSupport
import Testing

@Suite struct SSHConfigurationTests {
    /// A site with an SSH configuration in its user's home folder.
    private struct Site {
        let scratch: ScratchFolder
        var workspace: Workspace { Workspace(root: scratch.path + "ws") }
        var environment: [String: String] { ["HOME": scratch.path + "home", "TEAM": "ops"] }

        init(_ configuration: String, setting: String = "true", devices: String) throws {
            scratch = try ScratchFolder("ssh-site")
            try scratch.write(
                "asbuilt: site/v1\nname: s\nenvironment: lab\nssh-config: \(setting)\n", to: "ws/inventory/site.yaml")
            try scratch.write(
                "asbuilt: devices/v1\ndefaults: { platform: frr }\n\(devices)\n", to: "ws/inventory/devices.yaml")
            try scratch.write(configuration, to: "home/.ssh/config")
        }
        func load() throws(Findings) -> Inventory { try Inventory.load(workspace, environment: environment) }
        func problem() -> String? {
            do throws(Findings) {
                _ = try load()
                return nil
            } catch { return error.description }
        }
        func route(_ name: String = "r1", _ kind: Endpoint.Kind = .cli) throws -> EndpointRoute {
            try #require(try load().device(name)?.route(to: kind))
        }
    }
    private static let one = "devices: { r1: { endpoints: { cli: \"ssh://r1\" } } }"

    @Test func `what the inventory leaves out comes from the SSH configuration`() throws {
        let site = try Site(
            """
            Host r1
              HostName 192.0.2.7
              Port 2222
              User netops
              HostKeyAlias router-one
              ConnectTimeout 5
              ServerAliveInterval 0
              Ciphers aes256-ctr
            """, devices: Self.one)
        let route = try site.route()
        #expect(route.endpoint.url == "ssh://192.0.2.7:2222")
        #expect(route.user == "netops")
        #expect(route.hostKeyName == "router-one")
        #expect(route.settings?.connectTimeout?.value == .seconds(5))
        #expect(route.settings?.keepAlive?.value == .zero)
        #expect(route.settings?.ciphers?.value.names == ["aes256-ctr"])
    }

    @Test func `what the inventory says wins over the SSH configuration`() throws {
        let site = try Site(
            "Host r1\n  Port 2222\n  User alice\n  IdentityFile ~/.ssh/a\n  HostKeyAlias x\n  ProxyJump bastion\n  Ciphers +aes128-cbc,3des-cbc\n",
            devices: """
                devices:
                  r1:
                    endpoints: { cli: "ssh://r1:22" }
                    credentials: { user: netops, key: "env:KEY" }
                    host-key-name: one
                    jump-hosts: []
                    legacy-algorithms: [aes128-cbc]
                """)
        let route = try site.route()
        #expect(route.summary == "ssh://netops@r1:22")
        #expect(route.hostKeyName == "one")
        #expect(route.identities.files.isEmpty)
        #expect(route.hops.isEmpty)
        #expect(route.legacyAlgorithms == ["aes128-cbc"])
        let explained = try #require(try site.load().device("r1")).explained().filter {
            $0.path.hasPrefix("ssh-config")
        }
        #expect(
            explained.map { "\($0.path): \($0.value) \($0.position) (\($0.layer))" } == [
                "ssh-config.cli.Port: 2222 ~/.ssh/config:2:3 (ssh-config, not used: the inventory has it at inventory/devices.yaml:5:23)",
                "ssh-config.cli.User: alice ~/.ssh/config:3:3 (ssh-config, not used: the inventory has it at inventory/devices.yaml:6:26)",
                "ssh-config.cli.IdentityFile: ~/.ssh/a ~/.ssh/config:4:3 (ssh-config, not used: the inventory has it at inventory/devices.yaml:6:39)",
                "ssh-config.cli.ProxyJump: bastion ~/.ssh/config:6:3 (ssh-config, not used: the inventory has it at inventory/devices.yaml:8:17)",
                "ssh-config.cli.HostKeyAlias: x ~/.ssh/config:5:3 (ssh-config, not used: the inventory has it at inventory/devices.yaml:7:20)",
                "ssh-config.cli.Ciphers: +aes128-cbc,3des-cbc ~/.ssh/config:7:3 (ssh-config)",
            ])
    }

    @Test func `a site that does not ask for it has no SSH configuration`() throws {
        let site = try Site("Host *\n  Port 2222\n", setting: "false", devices: Self.one)
        #expect(try site.route().endpoint.url == "ssh://r1:22")
    }

    @Test func `the user's own file may be missing, a named one not`() throws {
        let own = try Site("", devices: Self.one)
        try FileManager.default.removeItem(at: own.scratch.url.appending(path: "home/.ssh/config"))
        #expect(try own.route().endpoint.url == "ssh://r1:22")
        let named = try Site("", setting: "inventory/ssh_config", devices: Self.one)
        #expect(
            named.problem()?.contains("inventory/ssh_config: error: there is no such file [ssh-config.missing]") == true
        )
    }

    @Test func `a file that others may change is refused`() throws {
        let site = try Site("Host *\n", devices: Self.one)
        let path = site.scratch.path + "home/.ssh/config"
        try FileManager.default.setAttributes([.posixPermissions: 0o664], ofItemAtPath: path)
        #expect(site.problem()?.contains("~/.ssh/config: error: others on this machine may change the file") == true)
    }

    @Test func `identity files take the tokens of ssh_config`() throws {
        let site = try Site(
            "Host r1\n HostName r1.example.net\n User u%r\n IdentityFile %d/.ssh/%r@%h-%n:%p\n IdentityFile \"~/keys/${TEAM} %%\"\n",
            devices: "devices: { r1: { endpoints: { cli: \"ssh://r1:2201\" }, credentials: { user: netops } } }")
        let home = site.scratch.path + "home"
        #expect(
            try site.route().identities.files.map(\.value.text) == [
                "file:\(home)/.ssh/netops@r1.example.net-r1:2201", "file:\(home)/keys/ops %",
            ])
    }

    @Test func `a token that is not known, or a variable that is not set, is told where it stands`() throws {
        let site = try Site("Host r1\n  IdentityFile ~/%C\n  IdentityFile ${NOT_SET}/x\n", devices: Self.one)
        #expect(
            site.problem() == """
                ~/.ssh/config:2:3: r1: error: the token %C is not supported here [ssh-config.token]
                  → supported: %% %d %h %i %k %n %p %r %u
                ~/.ssh/config:3:3: r1: error: the environment variable NOT_SET is not set [ssh-config.token]
                  → set it, or write the path out
                """)
    }

    @Test func `each host of a ProxyJump is looked up, with the way to the first one`() throws {
        let site = try Site(
            """
            Host r*
              ProxyJump b1,carol@b2:2202
            Host b1
              HostName 198.51.100.1
              User bob
              IdentityFile ~/.ssh/b1
              ProxyJump gate
            Host b2
              HostName 198.51.100.2
              Port 9
              ProxyJump never
              Ciphers +3des-cbc
            Host gate
              Port 443
            """, devices: Self.one)
        let device = try #require(try site.load().device("r1"))
        let route = try #require(device.route(to: .cli))
        #expect(
            route.hops.map(\.url) == [
                "ssh://gate:443", "ssh://bob@198.51.100.1:22", "ssh://carol@198.51.100.2:2202",
            ])
        guard case .own(_, let identities) = route.hops[1].login else {
            return #expect(Bool(false), "a login of its own")
        }
        #expect(identities.files.map(\.value.text) == ["file:\(site.scratch.path)home/.ssh/b1"])
        #expect(device.jumpHosts.count == 3, "whoever asks whether a device is reached directly sees them")
        #expect(device.legacyAlgorithms == ["3des-cbc"], "an old algorithm on the way counts")
        #expect(
            device.explained().last.map { "\($0.path): \($0.value)" }
                == "reached.cli: ssh://r1:22 through ssh://gate:443, ssh://bob@198.51.100.1:22, ssh://carol@198.51.100.2:2202"
        )
    }

    @Test func `a way that leads in a circle is refused`() throws {
        let site = try Site("Host *\n  ProxyJump bastion\n", devices: Self.one)
        #expect(
            site.problem() == """
                ~/.ssh/config:2:3: r1: error: the way to r1 leads through bastion in a circle [ssh-config.jump-loop]
                  → exclude that host: Host * !bastion
                """)
    }

    @Test func `a program in the place of a connection is refused, unless the inventory says the way`() throws {
        let configuration = "Host *\n  ProxyCommand nc -X 5 %h %p\n"
        let site = try Site(configuration, devices: Self.one)
        #expect(
            site.problem() == """
                ~/.ssh/config:2:3: r1: error: ProxyCommand is not supported: no program is started for a connection [ssh-config.proxy-command]
                  → write ProxyJump, or give the device `jump-hosts` in the inventory (an empty list for none)
                """)
        let direct = try Site(
            configuration, devices: "devices: { r1: { endpoints: { cli: \"ssh://r1\" }, jump-hosts: [] } }")
        #expect(try direct.route().hops.isEmpty)
    }

    @Test func `the lock holds where a device is reached, and not whose key file is used`() throws {
        let site = try Site(
            "Host r1\n  HostName 192.0.2.7\n  User alice\n  IdentityFile ~/.ssh/alice\n  KexAlgorithms curve25519-sha256\n  ProxyJump bob@b1\n",
            devices: Self.one)
        let device = try #require(try site.load().device("r1"))
        let locked = try InventoryLock.LockedDevice(device, hostKeys: [:], read: [])
        #expect(locked.endpoints == ["cli": "ssh://192.0.2.7:22"])
        #expect(locked.jumpHosts == ["ssh://b1:22"])
        #expect(locked.credentials.isEmpty)
        #expect(
            locked.sshConfiguration == [
                "cli": [
                    "reached": "ssh://alice@192.0.2.7:22 through ssh://bob@b1:22", "KexAlgorithms": "curve25519-sha256",
                ]
            ])
    }

    @Test func `a device of which the file says nothing is locked as before`() throws {
        let site = try Site("Host other\n  Port 9\n", devices: Self.one)
        let device = try #require(try site.load().device("r1"))
        #expect(try InventoryLock.LockedDevice(device, hostKeys: [:], read: []).sshConfiguration == nil)
    }

    @Test func `NETCONF keeps its port`() throws {
        let site = try Site(
            "Host r1\n  HostName 192.0.2.7\n  Port 2222\n",
            devices: "devices: { r1: { endpoints: { cli: \"ssh://r1\", netconf: \"ssh://r1\" } } }")
        let device = try #require(try site.load().device("r1"))
        #expect(device.endpoints.map(\.url) == ["ssh://192.0.2.7:2222", "ssh://192.0.2.7:830"])
    }

    @Test func `everything wrong in a file is told at once, with its place`() throws {
        let site = try Site(
            """
            Prot 22
            Port 70000
              User "open
            Match host *
              Port 22
            HostName
            KexAlgorithms a,,b
            IdentitiesOnly maybe
            ServerAliveInterval soon
            Ciphers aes256-ctr aes128-ctr
            CanonicalizeHostname yes
            """, devices: Self.one)
        #expect(
            site.problem() == """
                ~/.ssh/config:1:1: error: “Prot” is no option of ssh_config [ssh-config.unknown-keyword]
                  1 | Prot 22
                    | ^
                  → did you mean port? Otherwise list it under IgnoreUnknown
                ~/.ssh/config:2:6: error: “70000” is not a port from 1 to 65535 [ssh-config.value]
                  2 | Port 70000
                    |      ^
                  → write, for example: Port 22
                ~/.ssh/config:3:1: error: a quote is not closed [ssh-config.open-quote]
                  3 |   User "open
                    | ^
                  → close it
                ~/.ssh/config:4:1: error: `Match` is not supported: what it asks is not known before a connection is made [ssh-config.match]
                  4 | Match host *
                    | ^
                  → write the options under `Host`, or give asbuilt a file of its own: `ssh-config: PATH` in inventory/site.yaml
                ~/.ssh/config:6:1: error: the keyword has no value [ssh-config.no-value]
                  6 | HostName
                    | ^
                  → write: KEYWORD VALUE
                ~/.ssh/config:7:15: error: “a,,b” is not a list of algorithms [ssh-config.value]
                  7 | KexAlgorithms a,,b
                    |               ^
                  → write, for example: aes256-gcm@openssh.com,aes256-ctr or +aes256-cbc
                ~/.ssh/config:8:16: error: “maybe” is not yes or no [ssh-config.value]
                  8 | IdentitiesOnly maybe
                    |                ^
                  → write, for example: IdentitiesOnly yes
                ~/.ssh/config:9:21: error: “soon” is not a time [ssh-config.value]
                  9 | ServerAliveInterval soon
                    |                     ^
                  → write, for example: 10, 30s or 1m30s
                ~/.ssh/config:10:20: error: Ciphers takes one value [ssh-config.too-many-values]
                  10 | Ciphers aes256-ctr aes128-ctr
                     |                    ^
                  → remove the rest, or put the value in quotes
                ~/.ssh/config:11:22: error: CanonicalizeHostname is not supported [ssh-config.canonicalize]
                  11 | CanonicalizeHostname yes
                     |                      ^
                  → write whole names in the inventory, and `CanonicalizeHostname no`
                """)
    }

    @Test func `what IgnoreUnknown lists is passed over`() throws {
        let site = try Site("IgnoreUnknown UseKey*,Xyz\nUseKeyring yes\nxyz 1\nHost r1\n  Port 5\n", devices: Self.one)
        #expect(try site.route().endpoint.port == 5)
    }

    @Test func `files that include each other end at a limit`() throws {
        let site = try Site("Include config\n", devices: Self.one)
        #expect(site.problem()?.contains("files include each other more than 16 deep [ssh-config.too-deep]") == true)
    }

    @Test func `included files count where they are included, and their names may be patterns`() throws {
        let site = try Site("Host r1\n  Include conf.d/*.conf ~/.ssh/missing\n  Port 7\n", devices: Self.one)
        try site.scratch.write("User first\nHost other\n  Port 5\n", to: "home/.ssh/conf.d/a.conf")
        try site.scratch.write("User second\nPort 6\n", to: "home/.ssh/conf.d/b.conf")
        #expect(try site.route().summary == "ssh://first@r1:6")
    }

    @Test func `the old names that may be allowed stay what they are in lists with a sign`() {
        func algorithms(_ change: SSHSettings.Algorithms.Change, _ names: String...) -> SSHSettings.Algorithms {
            .init(change: change, names: names)
        }
        let defaults = ["a1", "a2", "b1"]
        #expect(algorithms(.append, "c", "a1").applied(to: defaults) == ["a1", "a2", "b1", "c"])
        #expect(algorithms(.prepend, "c", "b1").applied(to: defaults) == ["c", "b1", "a1", "a2"])
        #expect(algorithms(.remove, "a*").applied(to: defaults) == ["b1"])
        #expect(algorithms(.replace, "x").applied(to: defaults) == ["x"])
    }
}
