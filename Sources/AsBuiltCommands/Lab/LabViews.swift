internal import CanonicalData
internal import Diagnostics
internal import LabDevices
internal import LabServer

/// Devices of a lab for people.
enum LabTable {
    static func of(_ devices: [LabDescription.Device]) -> String {
        table(
            ["DEVICE", "KIND", "PORT", "HOST KEY", "LABELS"],
            devices.map { [$0.name, $0.kind, "\($0.port)", $0.fingerprint, labels($0.labels)] })
    }

    static func of(_ devices: [LabHost.DeviceStatus]) -> String {
        table(
            ["DEVICE", "KIND", "PORT", "STATE", "CONNECTIONS", "OPEN", "FAULTS"],
            devices.map {
                [
                    $0.name, $0.kind, "\($0.port)", $0.isRunning ? "running" : "booting", "\($0.acceptedConnections)",
                    "\($0.openConnections)", $0.faults.joined(separator: "; "),
                ]
            })
    }

    private static func labels(_ labels: [String: String]) -> String {
        labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }

    private static func table(_ head: [String], _ rows: [[String]]) -> String {
        let all = [head] + rows.map { $0.map { safeForDisplay($0, keepingLines: false) } }
        let widths = head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }
}

/// The same for programs.
enum LabJSON {
    private struct Status: Encodable {
        var asbuilt = "lab-status/v1"
        var devices: [LabHost.DeviceStatus]
    }

    static func text(_ value: JSONValue) -> String { String(decoding: CanonicalJSON.bytes(of: value), as: UTF8.self) }
    static func of(_ lab: LabDescription) throws -> String { try CanonicalJSON.text(lab) }
    static func of(_ devices: [LabHost.DeviceStatus]) throws -> String {
        try CanonicalJSON.text(Status(devices: devices))
    }
}

enum LabFaultHelp {
    static let text = """
        A fault waits until it happens, once unless `times=N` or `times=always` is given; `chance=0.5` makes it happen half of the \
        times. PATTERN is a line with * for any text. Forms:

        \(LabFault.forms.map { "  " + $0 }.joined(separator: "\n"))

          asbuilt lab fault ams-edge-1 refuse-line 'line=neighbor * password *' --state DIR
          asbuilt lab fault ams-edge-1 clear --state DIR
        """

    /// The words of the shell as one text: what holds blanks is quoted.
    static func joined(_ words: [String]) -> String {
        words.map { word in
            guard word.contains(" "), !word.contains("\""), let equals = word.firstIndex(of: "=") else { return word }
            return word[...equals] + "\"" + word[word.index(after: equals)...] + "\""
        }.joined(separator: " ")
    }
}
