// SPDX-License-Identifier: Apache-2.0

/// The members of a map while it is read: searched in turn while there are few, by a dictionary when there are many.
struct YAMLMembers {
    private var members: [YAMLNode.Member] = []
    private var places: [String: Int] = [:]
    /// Keys that have their value from a merge key, which the map's own may still replace.
    private var mergedKeys: Set<String> = []
    /// What merge keys add at the end, where the map has no such key.
    private var fallbacks: [YAMLNode.Member] = []
    private(set) var hasMerge = false

    mutating func place(of key: String) -> Int? {
        if members.count < 16 { return members.firstIndex { $0.key == key } }
        if places.isEmpty {
            for (place, member) in members.enumerated() where places[member.key] == nil { places[member.key] = place }
        }
        return places[key]
    }

    /// Whether the map itself, and no merge key, gave the member at a place its value.
    func isOwn(_ place: Int) -> Bool { mergedKeys.isEmpty || !mergedKeys.contains(members[place].key) }

    /// - Parameter place: where the key stands already.
    mutating func set(_ member: YAMLNode.Member, at place: Int?) {
        if let place {
            members[place].node = member.node
            mergedKeys.remove(member.key)
        } else {
            if !places.isEmpty { places[member.key] = members.count }
            members.append(member)
        }
    }

    /// Takes in the members of merged maps, the ones that count most first.
    ///
    /// - Parameter overrides: what sigs.k8s.io/yaml does: a merge replaces what stands before it in the map. Otherwise
    ///   the map's own keys win wherever they stand (yaml.org/type/merge.html).
    mutating func merge(_ more: [YAMLNode.Member], overrides: Bool) {
        hasMerge = true
        guard overrides else {
            fallbacks += more
            return
        }
        var given: Set<String> = []
        for member in more where given.insert(member.key).inserted {
            set(member, at: place(of: member.key))
            mergedKeys.insert(member.key)
        }
    }

    mutating func finished() -> [YAMLNode.Member] {
        for member in fallbacks where place(of: member.key) == nil { set(member, at: nil) }
        return members
    }
}
