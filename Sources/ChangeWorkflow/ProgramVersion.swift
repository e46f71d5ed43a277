/// The version that `--version` prints and records name.
package enum ProgramVersion {
    package static let current = "0.1.0"
}
