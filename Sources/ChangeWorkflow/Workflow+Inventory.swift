internal import ByteTransport
internal import DeviceInventory
package import Diagnostics
internal import Foundation

/// Looking at the site's files.
extension Workflow {
    /// The devices a selector means.
    package func inventoryList(devices selector: String) throws(Findings) -> WorkflowAnswer {
        let found = try devices(selector, in: try inventory())
        let rows = found.map { device in
            InventoryList.Row(
                name: device.name, platform: device.platform, groups: device.groups,
                endpoints: device.endpoints.map(\.kind.rawValue))
        }
        let width = rows.map(\.name.count).max() ?? 0
        let text = rows.map { row in
            let name = row.name + String(repeating: " ", count: width - row.name.count)
            return "\(name)  \(row.platform)  over \(row.endpoints.joined(separator: ", "))  in \(row.groups.joined(separator: ", "))"
        }.joined(separator: "\n")
        return WorkflowAnswer(text: safeForDisplay(text), json: CanonicalText.of(InventoryList(devices: rows)))
    }

    /// One device's merged values, each with the place that gave it when `explain` is true.
    package func inventoryShow(device name: String, explain: Bool) throws(Findings) -> WorkflowAnswer {
        let inventory = try inventory()
        let device = try device(name, in: inventory)
        var values = device.explained()
        for endpoint in device.endpoints {
            do throws(TransportError) {
                if let route = device.route(to: endpoint.kind) { values += try DeviceRoutes.offered(route) }
            } catch {
                throw Findings([
                    Finding(code: "ssh-config.\(error.code.rawValue)", what: error.what, device: name, remedy: error.remedy)
                ])
            }
        }
        let text = values.map { value in
            guard explain else { return "\(value.path): \(value.value)" }
            let lost = value.overridden.isEmpty
                ? "" : ", over \(value.overridden.map(\.description).joined(separator: ", "))"
            return "\(value.path): \(value.value)\n    \(value.position) (\(value.layer))\(lost)"
        }.joined(separator: "\n")
        let report = InventoryShow(
            device: name,
            values: values.map {
                .init(
                    path: $0.path, value: $0.value, position: $0.position.description, layer: $0.layer,
                    overridden: $0.overridden.map(\.description))
            })
        return WorkflowAnswer(text: safeForDisplay(text), json: CanonicalText.of(report))
    }
}

private struct InventoryList: Encodable {
    struct Row: Encodable {
        var name: String
        var platform: String
        var groups: [String]
        var endpoints: [String]
    }
    var asbuilt = "inventory-list/v1"
    var devices: [Row]
}

private struct InventoryShow: Encodable {
    struct Value: Encodable {
        var path: String
        var value: String
        var position: String
        var layer: String
        var overridden: [String]
    }
    var asbuilt = "inventory-device/v1"
    var device: String
    var values: [Value]
}
