/// A channel on a connection to a lab device, numbered by the lab.
package struct LabChannelID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: Int
    package static func < (a: Self, b: Self) -> Bool { a.number < b.number }
    package var description: String { "channel \(number)" }
}

/// A logged-in connection to a lab device.
package struct LabConnectionID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: Int
    package static func < (a: Self, b: Self) -> Bool { a.number < b.number }
    package var description: String { "connection \(number)" }
}

/// What a client asked for on a channel.
package enum LabChannelKind: Equatable, Sendable {
    /// A shell; `columns` is 0 without a terminal.
    case shell(columns: Int)
    case exec(String)
    case subsystem(String)
}

/// What the shell around the lab has to do.
package enum LabAction: Equatable, Sendable {
    case send(LabChannelID, [UInt8])
    /// The device ends the channel in order.
    case finish(LabChannelID, exitStatus: Int)
    /// The connection is gone without a word.
    case drop(LabConnectionID)
}
