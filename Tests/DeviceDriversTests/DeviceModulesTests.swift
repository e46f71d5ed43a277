import DeviceConfiguration
import NETCONFProtocol
import Synchronization
import Testing
import XMLDocuments

@testable import DeviceDrivers

@Suite struct `Modules of devices` {
    private let deadline = ContinuousClock.now.advanced(by: .seconds(120))
    private static let monitoring = "\(NETCONFNamespace.monitoring)?module=ietf-netconf-monitoring&revision=2010-10-04"
    private static let texts = [
        "acme": "module acme { namespace 'urn:acme'; prefix a; import acme-types { prefix t; } include acme-parts; }",
        "acme-types": "module acme-types { namespace 'urn:acme:types'; prefix t; import acme { prefix a; } }",
        "acme-parts": "submodule acme-parts { belongs-to acme { prefix a; } import ietf-inet-types { prefix inet; } }",
    ]

    private func device(_ hello: [String], listed: [(String, String, String)] = []) -> ScriptedDevice {
        ScriptedDevice(NETCONFDriverTests.full + hello) { operation in
            switch operation {
            case .getSchema(let name, let version, let format):
                #expect(format == "yang" && (version == nil || version == "2026-01-01"))
                guard let text = Self.texts[name] else { return .errors([.invalidValue("no schema \(name)")]) }
                return .content([XMLElement("data", in: NETCONFNamespace.monitoring, text: text)])
            case .get:
                let monitoring = NETCONFNamespace.monitoring
                func leaf(_ name: String, _ text: String) -> XMLElement { XMLElement(name, in: monitoring, text: text) }
                let schemas = listed.map {
                    XMLElement(
                        "schema", in: monitoring,
                        [
                            leaf("identifier", $0.0), leaf("version", $0.1), leaf("format", "yang"),
                            leaf("namespace", $0.2),
                        ])
                }
                return .data([
                    XMLElement("netconf-state", in: monitoring, [XMLElement("schemas", in: monitoring, schemas)])
                ])
            default: return NETCONFDriverTests.usual(operation)
            }
        }
    }

    private func modules(_ device: ScriptedDevice, _ namespaces: Set<String> = ["urn:acme"]) async throws
        -> DeviceModules?
    {
        let session = try await NETCONFDriver(try #require(NETCONFQuirks.named("netconf"))).open(
            device: "r1", connector: device, transcript: Notes(), deadline: deadline)
        return try await session.modules(of: namespaces, deadline: deadline)
    }

    @Test func `MO-2: what content needs is fetched with all it imports, each once`() async throws {
        let device = device([Self.monitoring, "urn:acme?module=acme&revision=2026-01-01"])
        let found = try #require(try await modules(device))
        #expect(found.modules.map(\.name) == ["acme", "acme-parts", "acme-types"])
        #expect(found.modules.map(\.revision) == ["2026-01-01", "", ""])
        #expect(found.modules.map(\.text) == ["acme", "acme-parts", "acme-types"].compactMap { Self.texts[$0] })
        #expect(found.problems.count == 1 && found.problems[0].contains("ietf-inet-types"))
        #expect(device.seen.withLock { $0.map(\.name) } == ["get-schema", "get-schema", "get-schema", "get-schema"])
    }

    @Test func `H-6 YL-4: modules of YANG 1.1 are looked up in what the device lists`() async throws {
        let device = device(
            [Self.monitoring], listed: [("acme", "2026-01-01", "urn:acme"), ("other", "", "urn:other")])
        let found = try #require(try await modules(device, ["urn:acme", "urn:nowhere"]))
        #expect(found.modules.map(\.name) == ["acme", "acme-parts", "acme-types"])
        #expect(found.problems.contains("the device lists no module of urn:nowhere"))
        #expect(device.seen.withLock { $0.first?.name } == "get")
    }

    @Test func `a device without monitoring is not asked`() async throws {
        let device = device([])
        #expect(try await modules(device) == nil)
        #expect(device.seen.withLock { $0.isEmpty })
    }

    @Test func `an answer that is another module is none`() async throws {
        let device = ScriptedDevice(NETCONFDriverTests.full + [Self.monitoring, "urn:acme?module=acme&revision="]) {
            operation in
            guard case .getSchema = operation else { return NETCONFDriverTests.usual(operation) }
            return .content([XMLElement("data", in: NETCONFNamespace.monitoring, text: "module evil { }")])
        }
        let found = try #require(try await modules(device))
        #expect(found.modules.isEmpty && found.problems == ["acme: the answer is no module of this name"])
    }

    @Test func `a device whose modules import without end is asked for a limited number`() async throws {
        let device = ScriptedDevice(NETCONFDriverTests.full + [Self.monitoring, "urn:acme?module=m0&revision="]) {
            operation in
            guard case .getSchema(let name, _, _) = operation else { return NETCONFDriverTests.usual(operation) }
            let number = Int(name.dropFirst()) ?? 0
            let imports = (1...20).map { "import m\((number * 20 + $0) % 1_000_003) { prefix p\($0); }" }.joined()
            return .content([
                XMLElement("data", in: NETCONFNamespace.monitoring, text: "module \(name) { \(imports) }")
            ])
        }
        let found = try #require(try await modules(device))
        #expect(found.modules.count == DeviceModules.maximumModules)
        #expect(found.problems == ["more than 400 modules, or 64 MB of them"])
    }
}
