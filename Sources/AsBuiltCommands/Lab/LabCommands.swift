internal import ArgumentParser
internal import CanonicalData
internal import ChangeWorkflow
internal import Diagnostics
internal import Foundation
internal import LabServer

struct LabCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab", abstract: "Run a simulated network of routers on loopback ports.",
        discussion: """
            Each device of a topology file listens on its own port of 127.0.0.1 with its own SSH host key. BGP sessions come up \
            only when both ends are configured for them. What is simulated and what is not: Documentation/lab.md.

              asbuilt lab up lab/edge.clab.yml --state DIR --authorized-key KEY.pub
              asbuilt lab inventory --state DIR --known-hosts inventory/known_hosts
              asbuilt lab ssh ams-edge-1 --state DIR --key KEY -- "show bgp summary"
              asbuilt lab down --state DIR
            """,
        subcommands: [
            LabUpCommand.self, LabDownCommand.self, LabStatusCommand.self, LabSSHCommand.self, LabFaultCommand.self,
            LabInventoryCommand.self, LabServeCommand.self,
        ])
}

/// Where a lab keeps what belongs to it.
struct LabStateOption: ParsableArguments {
    @Option(
        help: ArgumentHelp("The lab's state folder: host keys, what runs, the log.", valueName: "dir"),
        completion: .directory)
    var state: String = "lab-state"

    func folder(_ common: CommonOptions) -> LabFolder { LabFolder(common.path(state)) }
}

/// Who may log in to the devices of a lab.
struct LabLoginOptions: ParsableArguments {
    @Option(
        name: .customLong("authorized-key"),
        help: ArgumentHelp(
            "Public key that may log in, under any name; may be given several times.", valueName: "file"),
        completion: .file())
    var authorizedKeys: [String]
    @Option(
        help: ArgumentHelp(
            "File whose first line is a password that may log in too, under any name; for clients that know no keys.",
            valueName: "file"),
        completion: .file())
    var passwordFile: String?
}

/// Where devices of a lab call, when they do (RFC 8071).
struct LabCallHomeOption: ParsableArguments {
    @Option(
        name: .customLong("call-home"),
        help: ArgumentHelp(
            "Where every device calls too, over and over: try `asbuilt apply --call-home` there.", valueName: "address:port"))
    var place: String?

    func target() throws(Findings) -> LabCallHome? {
        guard let place else { return nil }
        var (address, port) = try Workflow.callHomePlace(place)
        if address == "0.0.0.0" { address = "127.0.0.1" }
        guard address.hasPrefix("127.") || address == "::1", port > 0 else {
            throw Findings([
                Finding(
                    code: "lab.call-home", what: "devices of the lab call loopback addresses only, not \(address) port \(port)",
                    remedy: "write, for example, --call-home 127.0.0.1:4334")
            ])
        }
        return LabCallHome(address: address, port: port)
    }
}

struct LabUpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Start a topology in the background, and wait until every device listens.",
        discussion: """
            Ports are those of the topology file; a port in use is named, and nothing is started. Host keys are made at the \
            first start and kept in the state folder (mode 0600), so that the same lab can be started again.
            """)
    @Argument(help: "Topology file.", completion: .file()) var topology: String
    @OptionGroup var state: LabStateOption
    @OptionGroup var logins: LabLoginOptions
    @OptionGroup var callHome: LabCallHomeOption
    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.answer { _ in
            let folder = state.folder(common)
            let path = common.path(topology)
            // Read here too: what is wrong is said before anything is started.
            let complaints = try LabTopology.load(path: path, shownAs: topology).startupFindings()
            try complaints.throwIfErrors()
            let keys = logins.authorizedKeys.map { common.path($0) }
            _ = try LabProcess.authorizedKeys(keys)
            if let passwordFile = logins.passwordFile { _ = try LabProcess.password(common.path(passwordFile)) }
            let calls = try callHome.target()
            let lab = try await LabProcess.start(
                folder,
                arguments: ["lab", "serve", path, "--shown-as", topology, "--state", folder.path, "--says-ready"]
                    + keys.flatMap { ["--authorized-key", $0] }
                    + (logins.passwordFile.map { ["--password-file", common.path($0)] } ?? [])
                    + (callHome.place.map { ["--call-home", $0] } ?? []))
            return WorkflowAnswer(
                text:
                    "The lab \(lab.name) runs: process \(lab.process.pid), \(lab.devices.count) devices on 127.0.0.1.\n\n"
                    + LabTable.of(lab.devices)
                    + (calls.map { "\n\nThey also call \($0.address) port \($0.port), whoever listens there." } ?? ""),
                json: try LabJSON.of(lab), findings: complaints,
                next: "asbuilt lab inventory --state \(state.state) --known-hosts inventory/known_hosts")
        }
    }
}

/// What `lab up` starts in the background; in the foreground it serves a service manager.
struct LabServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run a topology in the foreground until it is interrupted.",
        discussion:
            "For service managers and for looking into a start that fails; `lab up` runs this in the background.")
    @Argument(help: "Topology file.", completion: .file()) var topology: String
    @OptionGroup var state: LabStateOption
    @OptionGroup var logins: LabLoginOptions
    @OptionGroup var callHome: LabCallHomeOption
    @Option(help: .hidden) var shownAs: String?
    @Flag(help: .hidden) var saysReady = false
    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.answer { _ in
            try await LabServing.run(
                topology: common.path(topology), shownAs: shownAs ?? topology, folder: state.folder(common),
                authorizedKeys: try LabProcess.authorizedKeys(logins.authorizedKeys.map { common.path($0) }),
                passwordFile: logins.passwordFile.map { common.path($0) }, callHome: try callHome.target(), saysReady: saysReady)
            return WorkflowAnswer(text: "", json: "{}")
        }
    }
}

struct LabDownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "End the lab of a state folder.",
        discussion: """
            Ends the process that `lab up` started here, after checking that the number still belongs to it. Devices lose what \
            they had not saved. Host keys stay in the state folder unless --purge is given.
            """)
    @OptionGroup var state: LabStateOption
    @Flag(help: "Remove the state folder too, host keys included: the next lab has new ones.") var purge = false
    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.answer { _ in
            let folder = state.folder(common)
            let lab = try await LabProcess.stop(folder)
            if purge { try folder.purge() }
            let text =
                lab.map { "The lab \($0.name) is down: process \($0.process.pid) has ended." }
                ?? "No lab runs in \(state.state)."
            return WorkflowAnswer(
                text: text + (purge ? " The state folder is removed." : ""),
                json: LabJSON.text(["asbuilt": "lab-down/v1", "ended": .bool(lab != nil), "purged": .bool(purge)]))
        }
    }
}

struct LabStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the devices of a running lab, their connections and the faults that wait.",
        discussion:
            "`connections` counts every TCP connection a device accepted since the lab's start, whatever became of it.")
    @OptionGroup var state: LabStateOption
    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.answer { _ in
            let folder = state.folder(common)
            let response = try await folder.ask(LabRequest(.status))
            return WorkflowAnswer(text: LabTable.of(response.devices), json: try LabJSON.of(response.devices))
        }
    }
}

struct LabSSHCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ssh", abstract: "Type commands on a device of the lab, and see what was on the screen.",
        discussion: """
            All commands are typed in one interactive session, each at the device's prompt:

              asbuilt lab ssh ams-edge-1 --state DIR --key KEY -- "configure terminal" "hostname r9" "end"

            A NETCONF device is sent operations instead:

              asbuilt lab ssh ams-core-1 --state DIR --key KEY -- "<get-config><source><running/></source></get-config>"

            Any SSH client can do the same: ssh -p PORT -i KEY netops@127.0.0.1, for NETCONF with -s and netconf at the end.
            """)
    @Argument(help: "Device.") var device: String
    @OptionGroup var state: LabStateOption
    @Option(help: ArgumentHelp("Private key whose public half was authorised.", valueName: "file"), completion: .file())
    var key: String
    @Option(help: "Name to log in with; the lab accepts any.") var user: String = "netops"
    @Argument(parsing: .remaining, help: "Commands, each one argument.") var commands: [String] = []
    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.answer { _ in
            let lab = try state.folder(common).running()
            let text = try await LabTerminal.run(
                commands, on: try lab.device(device), keyFile: common.path(key), user: user)
            return WorkflowAnswer(
                text: safeForDisplay(text),
                json: LabJSON.text(["asbuilt": "lab-transcript/v1", "device": .string(device), "screen": .string(text)])
            )
        }
    }
}

struct LabFaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault", abstract: "Make something go wrong on a device of the lab.",
        discussion: LabFaultHelp.text)
    @Argument(help: "Device.") var device: String
    @Argument(help: "The fault and its settings; `clear` takes back all that wait, `reboot` power-cycles the device.")
    var fault: [String]
    @OptionGroup var state: LabStateOption
    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.answer { _ in
            let request =
                switch fault {
                case ["clear"]: LabRequest(.clear, device: device)
                case ["reboot"]: LabRequest(.reboot, device: device)
                default: LabRequest(.fault, device: device, fault: LabFaultHelp.joined(fault))
                }
            let response = try await state.folder(common).ask(request)
            let waiting = response.devices.first { $0.name == device }?.faults ?? []
            let text =
                fault == ["reboot"]
                ? "\(device) reboots."
                : waiting.isEmpty
                    ? "\(device) has no faults." : waiting.map { "\(device): \($0)" }.joined(separator: "\n")
            return WorkflowAnswer(text: text, json: try LabJSON.of(response.devices))
        }
    }
}

struct LabInventoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inventory", abstract: "Pin the host keys of a running lab in a known_hosts file.",
        discussion: """
            Writes one line per device, marked as made by this lab. Lines for the same ports that name other keys are replaced: \
            each new state folder has new host keys. Approvals with `approve --lab`, and applying without a pinned trust root, \
            are accepted for devices whose pinned key carries the mark and whose private key still lies in the lab's state folder.
            """)
    @OptionGroup var state: LabStateOption
    @Option(
        name: .customLong("known-hosts"), help: "The file to write, usually inventory/known_hosts.", completion: .file()
    )
    var knownHosts: String
    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.answer { _ in
            let folder = state.folder(common)
            let change = try LabKnownHosts.write(try folder.running(), folder: folder, to: common.path(knownHosts))
            return WorkflowAnswer(
                text: "Pinned the host keys of \(change.pinned) lab devices in \(knownHosts)"
                    + (change.replaced > 0 ? ", in place of \(change.replaced) earlier lines." : ".")
                    + "\nThey are the lab's own: trusted because this machine made them, not because somebody compared fingerprints.",
                json: LabJSON.text([
                    "asbuilt": "lab-known-hosts/v1", "pinned": .number(Double(change.pinned)),
                    "replaced": .number(Double(change.replaced)),
                ]))
        }
    }
}
