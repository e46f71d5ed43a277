internal import ArgumentParser
internal import ChangeWorkflow

struct HostKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hostkeys", abstract: "See which host keys devices offer, and pin those you have compared.",
        discussion: "A device whose host key is not pinned in inventory/known_hosts, or has changed, is never logged in to.",
        subcommands: [HostKeysScanCommand.self, HostKeysPinCommand.self, HostKeysRotateCommand.self])
}

struct HostKeysScanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Print the fingerprints that devices and their jump hosts offer now; writes nothing.",
        discussion: "Logs in to no device; to the jump hosts on the way, whose keys must be pinned.")
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
    @Argument(help: "Device, or a jump host as the inventory writes it (ssh://HOST).") var device: String
    @Option(help: "SHA256:… as OpenSSH prints it.") var fingerprint: String
    @OptionGroup var common: CommonOptions
    func run() async throws {
        try await common.answer { try await $0.hostKeysPin(device: device, fingerprint: fingerprint) }
    }
}

struct HostKeysRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Trust a device's new key in the place of its old ones.",
        discussion: """
            For a device that was replaced or got new keys. The fingerprint is the one read on the device itself. Pinned keys that \
            the device offers no longer are taken out of inventory/known_hosts; with --revoke they stay there as @revoked, and are \
            refused wherever that name offers them again.
            """)
    @Argument(help: "Device, or a jump host as the inventory writes it (ssh://HOST).") var device: String
    @Option(help: "SHA256:… of the new key, as OpenSSH prints it.") var fingerprint: String
    @Flag(help: "Mark the old keys as revoked: they were stolen, or may have been.") var revoke = false
    @OptionGroup var common: CommonOptions
    func run() async throws {
        try await common.answer {
            try await $0.hostKeysRotate(device: device, fingerprint: fingerprint, isRevoking: revoke)
        }
    }
}
