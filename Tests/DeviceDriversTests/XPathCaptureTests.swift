import ByteTransport
import NETCONFProtocol
import Synchronization
import Testing
import XMLDocuments

@testable import DeviceDrivers

/// XPath filters with names of modules as prefixes: what they stand for is known from the device.
@Suite struct `Captures by XPath` {
    private static let xpath = "urn:ietf:params:netconf:capability:xpath:1.0"
    private static let library = "urn:ietf:params:xml:ns:yang:ietf-yang-library"

    private func device(_ capabilities: [String]) -> ScriptedDevice {
        ScriptedDevice(capabilities) { operation in
            guard case .get(let filter, _) = operation, case .subtree(let asked)? = filter else { return .data([]) }
            guard asked.first?.local == "yang-library" else { return .data([]) }
            func leaf(_ name: String, _ text: String) -> XMLElement { XMLElement(name, in: Self.library, text: text) }
            let module = XMLElement("module", in: Self.library, [leaf("name", "acme-new"), leaf("namespace", "urn:new")])
            return .data([XMLElement("yang-library", in: Self.library, [XMLElement("module-set", in: Self.library, [module])])])
        }
    }

    private func capture(_ expression: String, on device: ScriptedDevice) async throws -> NETCONFFilter? {
        let session = try await NETCONFDriver(try #require(NETCONFQuirks.named("netconf"))).open(
            device: "r1", connector: device, transcript: Notes(), deadline: .now + .seconds(60))
        _ = try await session.capture(expression, deadline: .now + .seconds(60))
        guard case .get(let filter, _)? = device.seen.withLock({ $0.last }) else { return nil }
        return filter
    }

    @Test func `CA-9: prefixes are modules of the hello, or of the YANG library where the hello has none`() async throws {
        let announced = [Self.xpath, "urn:old?module=acme-old&revision=2020-01-01"]
        let old = device(announced)
        let expression = "/acme-old:box[acme-old:name = 'a:b']/acme-old:size | /acme-old:box/descendant::acme-old:lid"
        #expect(try await capture(expression, on: old) == .xpath(expression, namespaces: ["acme-old": "urn:old"]))
        #expect(old.seen.withLock { $0.count } == 1, "nothing else is asked")
        let new = device(announced + ["urn:ietf:params:netconf:capability:yang-library:1.1?revision=2019-01-04&content-id=1"])
        #expect(
            try await capture("/acme-new:box/acme-old:size", on: new)
                == .xpath("/acme-new:box/acme-old:size", namespaces: ["acme-new": "urn:new", "acme-old": "urn:old"]))
    }

    @Test func `CA-9: a prefix that is no module of the device is refused before it is sent`() async throws {
        let device = device([Self.xpath, "urn:old?module=acme-old&revision=2020-01-01"])
        do {
            _ = try await capture("/if:interfaces", on: device)
            Issue.record("was sent")
        } catch let error as DriverError {
            #expect(error.code == .notSupported)
            #expect(error.what.contains("the prefix if in \"/if:interfaces\""))
            #expect(error.remedy.contains("names of modules"))
        }
        let without = self.device([])
        do {
            _ = try await capture("/acme-old:box", on: without)
            Issue.record("was sent")
        } catch let error as DriverError { #expect(error.code == .notSupported) }
    }
}
