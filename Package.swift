// swift-tools-version: 6.2
// asbuilt: carries out approved network changes and proves what was built.
//
// `modules` below is the module map: each line names a target and everything it may import. The compiler accepts an
// undeclared import of a module that happens to be built; `ArchitectureTests` does not, it compares every `import`
// line with this table. Foundation, Synchronization, Logging and SystemPackage need no line.
import PackageDescription

/// What a module may import beside the system: other modules of ours, C libraries, package products.
struct Module {
    var name: String
    var imports: [String]
    /// Folders beside its tests that hold files the tests read (`Fixtures`, `Golden`).
    var testFiles: [String]
    init(_ name: String, _ imports: [String], testFiles: [String] = []) {
        (self.name, self.imports, self.testFiles) = (name, imports, testFiles)
    }
}

let modules: [Module] = [
    // Leaves
    Module("NetworkPrimitives", []),
    Module("Diagnostics", []),
    Module("TextPatterns", ["CPCRE2"]),
    Module("CanonicalData", ["CLibCrypto"]),
    Module("SourceDocuments", ["Diagnostics", "Yams"]),
    Module("SignedManifests", ["CanonicalData", "Diagnostics", "Subprocess"]),
    // Templates
    Module("JinjaTemplates", ["Diagnostics"]),
    Module(
        "TemplatePacks", ["JinjaTemplates", "NetworkPrimitives", "TextPatterns", "CanonicalData", "Yams"],
        testFiles: ["Fixtures"]),
    // Configurations
    Module("TextTables", ["TextPatterns", "Diagnostics"]),
    Module("CLIConfiguration", ["NetworkPrimitives", "SourceDocuments", "TextPatterns", "Diagnostics"]),
    Module("CLIApplyModel", ["CLIConfiguration"]),
    Module("XMLDocuments", ["CLibXML2"]),
    Module("YANGData", ["XMLDocuments", "Diagnostics", "CLibYANG"]),
    // Protocols and transports
    Module("NETCONFProtocol", ["XMLDocuments"], testFiles: ["Fixtures"]),
    Module("CLIDialogue", ["TextPatterns"]),
    Module("ByteTransport", []),
    Module("SSHTransport", ["ByteTransport", "Diagnostics", "CLibSSH", "CLibCrypto", "CSystemCalls"]),
    // Storage
    Module("WorkspaceStore", ["CanonicalData"]),
    Module("SQLiteWorkspace", ["WorkspaceStore", "CanonicalData", "GRDB"]),
    // The product
    Module("DeviceInventory", ["NetworkPrimitives", "SourceDocuments", "TextPatterns", "Diagnostics", "Subprocess"]),
    Module(
        "DesignContracts",
        [
            "SignedManifests", "CanonicalData", "SourceDocuments", "StateChecks", "DeviceInventory",
            "NetworkPrimitives", "TextPatterns", "Diagnostics",
        ]),
    Module(
        "DeviceConfiguration",
        ["CLIConfiguration", "CLIApplyModel", "XMLDocuments", "YANGData", "CanonicalData", "Diagnostics", "CSystemCalls"]),
    Module(
        "ConfigRendering",
        [
            "DesignContracts", "DeviceInventory", "JinjaTemplates", "TemplatePacks", "DeviceConfiguration",
            "SignedManifests", "SourceDocuments", "TextPatterns", "Diagnostics",
        ]),
    Module(
        "ChangePlanning",
        ["DesignContracts", "DeviceInventory", "DeviceConfiguration", "CanonicalData", "SourceDocuments", "Diagnostics"]),
    Module("StateChecks", ["TextTables", "TextPatterns", "XMLDocuments", "SourceDocuments", "Diagnostics"]),
    Module(
        "DeviceDrivers",
        [
            "DeviceInventory", "DeviceConfiguration", "CLIDialogue", "NETCONFProtocol", "XMLDocuments", "ByteTransport",
            "SourceDocuments", "TextPatterns", "Diagnostics",
        ]),
    Module(
        "ChangeExecution",
        [
            "ChangePlanning", "StateChecks", "DeviceDrivers", "DeviceInventory", "DeviceConfiguration",
            "WorkspaceStore", "ByteTransport", "CanonicalData", "Diagnostics",
        ]),
    Module(
        "AsBuiltRecords",
        [
            "NetworkPrimitives", "DesignContracts", "DeviceConfiguration", "ChangePlanning", "ChangeExecution", "StateChecks",
            "SignedManifests", "WorkspaceStore", "CanonicalData", "Diagnostics",
        ]),
    Module(
        "ComplianceChecks",
        [
            "AsBuiltRecords", "DeviceInventory", "DeviceConfiguration", "SourceDocuments", "TextPatterns",
            "Diagnostics",
        ]),
    Module(
        "RecordViews",
        [
            "AsBuiltRecords", "ChangePlanning", "DeviceConfiguration", "StateChecks", "ComplianceChecks", "CanonicalData",
            "Diagnostics",
        ], testFiles: ["Golden"]),
    // The lab: never imports the parsers, drivers or planning it is there to judge
    Module(
        "LabDevices",
        [
            "NETCONFProtocol", "XMLDocuments", "YANGData", "NetworkPrimitives", "SourceDocuments", "TextPatterns",
            "Diagnostics",
        ]),
    Module(
        "LabServer",
        [
            "LabDevices", "NETCONFProtocol", "XMLDocuments", "ByteTransport", "SSHTransport", "SourceDocuments", "Diagnostics",
            "CSystemCalls",
        ], testFiles: ["Scripts"]),
    // What people call
    Module(
        "ChangeWorkflow",
        [
            "NetworkPrimitives", "Diagnostics", "TextPatterns", "CanonicalData", "SourceDocuments", "SignedManifests",
            "JinjaTemplates", "TemplatePacks", "XMLDocuments", "YANGData", "ByteTransport", "SSHTransport",
            "WorkspaceStore", "SQLiteWorkspace", "DeviceInventory", "DesignContracts", "DeviceConfiguration", "CLIDialogue",
            "ConfigRendering", "ChangePlanning", "StateChecks", "DeviceDrivers", "ChangeExecution", "AsBuiltRecords",
            "ComplianceChecks", "RecordViews", "CLIConfiguration", "CLIApplyModel", "TextTables",
        ]),
    Module(
        "AsBuiltCommands",
        [
            "ChangeWorkflow", "ChangeExecution", "WorkspaceStore", "LabServer", "LabDevices", "RecordViews", "Diagnostics", "CanonicalData",
            "ArgumentParser",
        ]),
]

let executables: [Module] = [
    Module("asbuilt", ["AsBuiltCommands"]),
    // Development only: answers conformance cases on standard input.
    Module(
        "asbuilt-conformance",
        ["JinjaTemplates", "TemplatePacks", "CLIConfiguration", "CLIApplyModel", "TextTables", "Diagnostics"]),
    // For tests: an executor that kills itself behind a journal entry.
    Module("asbuilt-crashing", ["ChangeWorkflow", "WorkspaceStore", "CanonicalData", "Diagnostics"]),
]

/// Test targets beyond the one each module has; `imports` as above. All of them may use TestSupport.
let testTargets: [Module] = [
    Module("ArchitectureTests", []),
    // Stored answers of real Jinja2 and Ansible code, replayed through the program that answers cases.
    Module("TemplateConformanceTests", ["asbuilt-conformance"], testFiles: ["Fixtures"]),
    // Our NETCONF requests, judged by libyang with the modules of the RFCs.
    Module("NETCONFRequestTests", ["NETCONFProtocol", "XMLDocuments", "YANGData", "CLibYANG"]),
    // Whole use-cases on real FRR routers.
    Module("RealPeerTests", ["ChangeWorkflow", "ChangeExecution", "Diagnostics", "asbuilt-crashing"], testFiles: ["Peers"]),
    // Whole use-cases on the simulated lab.
    Module(
        "LabEngagementTests",
        ["ChangeWorkflow", "ChangeExecution", "LabServer", "LabDevices", "SSHTransport", "Diagnostics", "asbuilt-crashing"],
        testFiles: ["Golden"]),
    // The lab's commands as a user types them, on the built program.
    Module("LabCommandTests", ["LabServer", "SSHTransport", "Diagnostics", "asbuilt"]),
]

/// Programs for `Scripts/fuzz`, in Tests/Fuzz; only with ASBUILT_FUZZ=NAME in the environment.
let fuzzers: [Module] = [
    Module("jinja", ["JinjaTemplates", "TemplatePacks"]),
    Module("xml", ["XMLDocuments"]),
    Module("netconf-framing", ["NETCONFProtocol"]),
    Module("netconf-hello", ["NETCONFProtocol"]),
    Module("netconf-session", ["NETCONFProtocol"]),
    Module("yang-edit", ["YANGData", "XMLDocuments"]),
    Module("cli-dialogue", ["CLIDialogue"]),
]

let systemLibraries: [String: Target] = [
    "CPCRE2": .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    "CLibCrypto": .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    "CLibXML2": .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    "CLibYANG": .systemLibrary(name: "CLibYANG", pkgConfig: "libyang", providers: [.apt(["libyang2-dev"])]),
    "CLibSSH": .systemLibrary(name: "CLibSSH", pkgConfig: "libssh", providers: [.apt(["libssh-dev"])]),
    // Calls that the Glibc module leaves out (epoll, eventfd, accept4).
    "CSystemCalls": .target(name: "CSystemCalls"),
]

let products: [String: (product: Target.Dependency, package: Package.Dependency)] = [
    "Yams": (
        .product(name: "Yams", package: "Yams"), .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2")
    ),
    "Subprocess": (
        .product(name: "Subprocess", package: "swift-subprocess"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: [])
    ),
    "GRDB": (
        .product(name: "GRDB", package: "GRDB.swift"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0")
    ),
    "ArgumentParser": (
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
    ),
]

// ASBUILT_TARGETS=A,B builds and tests only those modules with all they need: a short loop while working on one.
let known = Dictionary(uniqueKeysWithValues: (modules + executables).map { ($0.name, $0) })
/// Programs that measure, in Benchmarks; only with ASBUILT_BENCHMARK=NAME in the environment.
let benchmarks: [Module] = [
    Module("netconf", ["NETCONFProtocol", "XMLDocuments"], testFiles: ["compare.py"]),
    Module("cli", ["CLIConfiguration", "Diagnostics"], testFiles: ["compare.py", "agree.py", "shapes.py"]),
]

let fuzzer = fuzzers.first { $0.name == Context.environment["ASBUILT_FUZZ"] }
let benchmark = benchmarks.first { $0.name == Context.environment["ASBUILT_BENCHMARK"] }
let wanted: Set<String> = {
    var queue = (fuzzer ?? benchmark)?.imports ?? []
    if queue.isEmpty {
        guard let list = Context.environment["ASBUILT_TARGETS"], !list.isEmpty else { return Set(known.keys) }
        queue = list.split(separator: ",").map(String.init)
    }
    var seen: Set<String> = []
    while let name = queue.popLast() {
        guard seen.insert(name).inserted else { continue }
        queue += known[name]?.imports ?? testTargets.first { $0.name == name }?.imports ?? []
    }
    return seen
}()
let isPartial = !wanted.isSuperset(of: known.keys)

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

var usedPackages: [String: Package.Dependency] = [:]
@MainActor func dependencies(_ imports: [String]) -> [Target.Dependency] {
    imports.map { name in
        guard let entry = products[name] else { return .byName(name: name) }
        usedPackages[name] = entry.package
        return entry.product
    }
}

var targets: [Target] = []
for module in modules where wanted.contains(module.name) {
    targets.append(.target(name: module.name, dependencies: dependencies(module.imports), swiftSettings: settings))
}
for program in executables where wanted.contains(program.name) {
    targets.append(
        .executableTarget(name: program.name, dependencies: dependencies(program.imports), swiftSettings: settings))
}
// ASBUILT_BENCHMARKS=1 adds the program that Benchmarks/transport measures with; nothing else needs it.
if Context.environment["ASBUILT_BENCHMARKS"] != nil {
    targets.append(
        .executableTarget(
            name: "asbuilt-bench",
            dependencies: ["SSHTransport", "ByteTransport", "NETCONFProtocol", "XMLDocuments", "CLIDialogue", "DeviceDrivers", "Diagnostics"],
            path: "Benchmarks/transport/asbuilt-bench", swiftSettings: settings))
}
// TestSupport needs CSystemCalls, whatever is built.
let usedLibraries = Set(
    (modules + executables).filter { wanted.contains($0.name) }.flatMap(\.imports) + ["CSystemCalls"])
targets += systemLibraries.filter { usedLibraries.contains($0.key) }.sorted { $0.key < $1.key }.map(\.value)

// Tests: one target per module, and those named above.
targets.append(.target(name: "TestSupport", dependencies: ["CSystemCalls"], path: "Tests/TestSupport", swiftSettings: settings))
for module in modules where wanted.contains(module.name) {
    targets.append(
        .testTarget(
            name: module.name + "Tests",
            dependencies: [.byName(name: module.name), "TestSupport"] + dependencies(module.imports),
            exclude: module.testFiles, swiftSettings: settings))
}
for tests in testTargets where !isPartial || wanted.contains(tests.name) {
    targets.append(
        .testTarget(
            name: tests.name, dependencies: dependencies(tests.imports) + ["TestSupport"], exclude: tests.testFiles,
            swiftSettings: settings))
}

if let benchmark {
    targets.removeAll { $0.type == .test }
    targets.append(
        .executableTarget(
            name: benchmark.name + "-benchmark", dependencies: dependencies(benchmark.imports),
            path: "Benchmarks/" + benchmark.name, exclude: benchmark.testFiles, swiftSettings: settings))
}

if let fuzzer {
    targets.removeAll { $0.type == .test }
    targets += [
        .systemLibrary(name: "CLibFuzzer", path: "Tests/Fuzz/CLibFuzzer"),
        .target(
            name: "FuzzChecks", dependencies: ["CLibFuzzer"], path: "Tests/Fuzz/FuzzChecks", swiftSettings: settings),
        .executableTarget(
            name: "fuzz-" + fuzzer.name, dependencies: dependencies(fuzzer.imports) + ["FuzzChecks"],
            path: "Tests/Fuzz/" + fuzzer.name, exclude: ["Corpus", "dictionary.txt"],
            swiftSettings: settings),
    ]
}

let package = Package(
    name: "asbuilt",
    products: [
        .executable(name: "asbuilt", targets: ["asbuilt"]),
        .library(name: "JinjaTemplates", targets: ["JinjaTemplates", "TemplatePacks"]),
    ].filter { _ in !isPartial },
    dependencies: usedPackages.sorted { $0.key < $1.key }.map(\.value),
    targets: targets,
    swiftLanguageModes: [.v6]
)
