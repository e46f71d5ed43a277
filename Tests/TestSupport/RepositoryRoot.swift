package import Foundation

/// The checkout this test runs in.
package enum Repository {
    /// Absolute path of the folder that holds `Package.swift`.
    package static let root: URL = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
}
