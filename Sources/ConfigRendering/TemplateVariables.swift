internal import DeviceInventory
internal import Diagnostics
internal import JinjaTemplates
internal import SourceDocuments
internal import Synchronization

/// The variables of devices as templates see them; what devices have in common, such as a group's, is made once.
///
/// Values are recognised by where their nodes lie in memory: `inventory` keeps them there as long as this lives.
final class TemplateVariables: Sendable {
    private let inventory: Inventory
    /// Places of mappings and lists that more than one device has.
    private let shared: Set<UInt>
    private let made = Mutex<[UInt: TemplateValue]>([:])

    init(_ inventory: Inventory) {
        self.inventory = inventory
        var uses: [UInt: Int] = [:]
        for device in inventory.devices {
            for entry in device.variables.mapping ?? [] {
                if let place = entry.value.place { uses[place, default: 0] += 1 }
            }
        }
        shared = Set(uses.filter { $0.value > 1 }.keys)
    }

    /// Throws when a value means different things in different versions of YAML.
    func values(of device: Device) throws(Findings) -> [(key: String, value: TemplateValue)] {
        var (findings, values) = (Findings(), [(key: String, value: TemplateValue)]())
        for entry in device.variables.mapping ?? [] {
            do throws(Findings) { values.append((key: entry.key, value: try value(entry.value))) } catch {
                findings.add(contentsOf: error)
            }
        }
        try findings.throwIfErrors()
        return values
    }

    private func value(_ node: DocumentNode) throws(Findings) -> TemplateValue {
        guard let place = node.place, shared.contains(place) else { return TemplateValue(try PlainValue(node)) }
        if let known = made.withLock({ $0[place] }) { return known }
        let value = TemplateValue(try PlainValue(node))
        made.withLock { $0[place] = value }
        return value
    }
}

extension DocumentNode {
    /// Where the elements of a list or mapping lie, the same for copies of one; nil for texts and where there are none.
    fileprivate var place: UInt? {
        switch content {
        case .scalar: nil
        case .sequence(let nodes):
            nodes.isEmpty ? nil : nodes.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
        case .mapping(let entries):
            entries.isEmpty ? nil : entries.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
        }
    }
}
