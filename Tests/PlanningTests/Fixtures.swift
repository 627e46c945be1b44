// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

/// A small generator with a seed (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

func object(_ json: String) throws -> Object { try #require(try JSON.parse(json).object) }

func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

/// An object of a kind, with more of it as JSON members: `"spec": {…}, "status": {…}`.
func make(
    _ apiVersion: String, _ kind: String, _ name: String, namespace: String = "staging", metadata: String = "",
    _ members: String = ""
) throws -> Object {
    let place = namespace.isEmpty ? "" : #", "namespace": "\#(namespace)""#
    let more = metadata.isEmpty ? "" : ", " + metadata
    let rest = members.isEmpty ? "" : ", " + members
    return try object(
        #"{"apiVersion": "\#(apiVersion)", "kind": "\#(kind)", "metadata": {"name": "\#(name)"\#(place)\#(more)}\#(rest)}"#
    )
}

extension Object {
    /// The same object with another status.
    func with(status: String) throws -> Object {
        var copy = self
        copy["status"] = try JSON.parse(status)
        return copy
    }
}
