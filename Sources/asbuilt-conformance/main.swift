// the conformance program
