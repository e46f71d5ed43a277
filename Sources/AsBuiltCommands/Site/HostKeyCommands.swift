internal import ArgumentParser
internal import ChangeWorkflow

struct HostKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hostkeys", abstract: "See which host keys devices offer, and pin those you have compared.",
        discussion: "A device whose host key is not pinned in inventory/known_hosts, or has changed, is never logged in to.",
        subcommands: [HostKeysScanCommand.self, HostKeysPinCommand.self])
}

struct HostKeysScanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Print the fingerprints that devices offer now; logs in nowhere, writes nothing.")
    @Argument(help: "Selector, for example: role:edge") var devices: String = "all"
    @Option(name: .customLong("as"), help: "Who asks; the policy's standing-read says who may.") var principal: String
    @OptionGroup var common: CommonOptions
    func run() async throws {
        try await common.answer { try await $0.hostKeysScan(devices: devices, as: principal) }
    }
}

struct HostKeysPinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin", abstract: "Trust the key with this fingerprint for a device.",
        discussion: """
            The fingerprint is the one read on the device itself (console, provisioning system), not the one that `scan` printed: \
            comparing them is what makes it safe. Adds a line to inventory/known_hosts for each endpoint that offers the key.
            """)
    @Argument(help: "Device.") var device: String
    @Option(help: "SHA256:… as OpenSSH prints it.") var fingerprint: String
    @OptionGroup var common: CommonOptions
    func run() async throws {
        try await common.answer { try await $0.hostKeysPin(device: device, fingerprint: fingerprint) }
    }
}
