// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The resources of one kustomization in load order; no two have the same identity.
struct ResourceAccumulator {
    private(set) var resources: [Resource] = []
    /// Which fields transformations change, as the kustomizations so far say.
    var configuration = TransformerConfiguration()
    /// What the kustomizations so far declare under `vars`; no two have the same name.
    var variables: [Variable] = []
    private var places: [ResourceID: Int] = [:]
    /// Places by all names that resources have or had; nil until somebody asks, and again after names have changed.
    private var placesByName: [String: [Int]]?

    var count: Int { resources.count }
    var indices: Range<Int> { resources.indices }

    /// Adds a resource.
    ///
    /// - Returns: the resource that has this identity already, in which case nothing is added.
    mutating func append(_ resource: Resource) -> Resource? {
        let id = resource.id
        if let place = places.updateValue(resources.count, forKey: id) {
            places[id] = place
            return resources[place]
        }
        resources.append(resource)
        noteNames(of: resources.count - 1)
        return nil
    }

    func place(of id: ResourceID) -> Int? { places[id] }

    /// The places of resources that have this identity, or had it before.
    mutating func places(withPresentOrPastID id: ResourceID) -> [Int] {
        if placesByName == nil {
            placesByName = [:]
            for place in resources.indices { noteNames(of: place) }
        }
        let named = placesByName?[id.name] ?? []
        return named.filter { resources[$0].id == id || resources[$0].previousIDs.contains(id) }
    }

    /// Has no effect while nobody has asked for places by name.
    private mutating func noteNames(of place: Int) {
        guard placesByName != nil else { return }
        let resource = resources[place]
        for name in Set(resource.previousIDs.map(\.name) + [resource.object.name]) {
            placesByName?[name, default: []].append(place)
        }
    }

    /// Changes one resource without changing its identity.
    mutating func change(at place: Int, _ body: (inout Resource) -> Void) {
        body(&resources[place])
        if let placesByName, placesByName[resources[place].object.name]?.contains(place) != true {
            self.placesByName = nil
        }
    }

    /// Changes all resources; identities may change.
    ///
    /// - Returns: pairs of resources that have the same identity afterwards.
    mutating func changeAll(_ body: (inout Resource) -> Void) -> [(Resource, Resource)] {
        for place in resources.indices { body(&resources[place]) }
        return reindex()
    }

    /// Replaces resources by place, nil removes one; identities may change.
    ///
    /// - Returns: pairs of resources that have the same identity afterwards.
    mutating func replace(_ changes: [(place: Int, resource: Resource?)]) -> [(Resource, Resource)] {
        var keepsIDs = true
        var removed: Set<Int> = []
        for (place, resource) in changes {
            if let resource {
                keepsIDs = keepsIDs && resource.id == resources[place].id
                resources[place] = resource
            } else {
                removed.insert(place)
            }
        }
        guard !keepsIDs || !removed.isEmpty else { return [] }
        if !removed.isEmpty { resources = resources.indices.filter { !removed.contains($0) }.map { resources[$0] } }
        return reindex()
    }

    /// Leaves the resources without their objects until these are put back.
    mutating func takeObjects() -> [Object] {
        let objects = resources.map(\.object)
        for place in resources.indices { resources[place].object = Object() }
        places = [:]
        placesByName = nil
        return objects
    }

    mutating func putBack(_ objects: [Object]) {
        for (place, object) in zip(resources.indices, objects) { resources[place].object = object }
        _ = reindex()
    }

    private mutating func reindex() -> [(Resource, Resource)] {
        var collisions: [(Resource, Resource)] = []
        placesByName = nil
        places = Dictionary(minimumCapacity: resources.count)
        for (place, resource) in resources.enumerated() {
            if let other = places.updateValue(place, forKey: resource.id) {
                collisions.append((resources[other], resource))
            }
        }
        return collisions
    }
}
