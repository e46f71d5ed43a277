internal import ArgumentParser
internal import ChangeWorkflow

struct ComplianceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compliance",
        abstract: "Judge live devices or configuration files by records and golden rules; changes nothing.",
        discussion: """
            --against as-built compares with what closed records say was built, element by element, and names the record that \
            says otherwise; --rules judges by a rule file; both may be given. Without --input the devices are read now, which \
            the policy's standing-read has to allow to --as. --input is one file, or a folder with one file a device, named DEVICE.cfg. A device that cannot be \
            read, a missing file, an empty rule set or a record that does not verify is never green. Exit status: 0 compliant, \
            1 differences, 4 a device or file could not be read. Nothing is pushed from here: drift is put right by a new \
            engagement.
            """)
    @Option(help: "What was built: as-built, the closed records of this workspace.") var against: Yardstick?
    @Option(help: "Rule file.") var rules: String?
    enum Yardstick: String, ExpressibleByArgument, CaseIterable { case asBuilt = "as-built" }
    @Option(help: "File or folder of configurations; without it the devices are read.") var input: String?
    @Option(name: .customLong("as"), help: "Who reads live devices.") var principal: String?
    @Option(help: "Devices, as a selector.") var devices: String = "all"
    @Option(help: "Also write a JUnit XML report to this file.") var junit: String?
    @OptionGroup var common: CommonOptions
    func run() async throws {
        try await common.answer {
            try await $0.compliance(
                rules: rules, againstRecords: against == .asBuilt, input: input, devices: devices, as: principal, junit: junit)
        }
    }
}

struct InventoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inventory", abstract: "Look at devices and where their values come from.",
        subcommands: [InventoryListCommand.self, InventoryShowCommand.self])
}

struct InventoryListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Devices a selector chooses.")
    @Argument(help: "Selector, for example: role:edge and not site:ams") var devices: String = "all"
    @OptionGroup var common: CommonOptions
    func run() async throws { try await common.answer { try $0.inventoryList(devices: devices) } }
}

struct InventoryShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One device with all its merged values.")
    @Argument(help: "Device.") var device: String
    @Flag(help: "Say which file and line gave each value.") var explain = false
    @OptionGroup var common: CommonOptions
    func run() async throws { try await common.answer { try $0.inventoryShow(device: device, explain: explain) } }
}
