package io.jukung.runtime.service;

import io.jukung.runtime.container.ContainerImages;
import io.jukung.runtime.spec.ImageDefaults;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** An image store with one image, which has one layer unless a test changes its layers. */
public final class FakeImages implements ContainerImages {
  static final String NAME = "docker.io/library/busybox:latest";
  static final String ID = "sha256:" + "1".repeat(64);

  static final String DIGEST = "docker.io/library/busybox@sha256:" + "2".repeat(64);

  public final Set<String> leases = ConcurrentHashMap.newKeySet();
  private final Faults faults;
  private final Path layer;
  volatile List<Path> layers;

  /** The names of the image. */
  volatile Names names = new Names(List.of(NAME), DIGEST);

  private final ImageDefaults defaults;

  FakeImages(Faults faults, Path layer, ImageDefaults defaults) {
    this.faults = faults;
    this.layer = layer;
    this.layers = List.of(layer);
    this.defaults = defaults;
  }

  @Override
  public Optional<Found> find(String reference) throws IOException {
    faults.at("find image");
    return reference.equals(NAME) || reference.equals(ID)
        ? Optional.of(new Found(ID, defaults, Set.of()))
        : Optional.empty();
  }

  @Override
  public void checkPolicy(Found image, String asked, String userSpecified, Use use) {}

  @Override
  public Map<String, String> annotations(String imageId) {
    return Map.of();
  }

  @Override
  public Names names(String imageId) {
    return imageId.equals(ID) ? names : Names.NONE;
  }

  @Override
  public List<Path> acquire(String imageId, String user) throws IOException {
    faults.at("acquire");
    leases.add(user);
    faults.at("acquire, half done");
    return layers;
  }

  @Override
  public List<Path> acquireVolume(String imageId, String user) throws IOException {
    faults.at("acquire volume");
    leases.add(user + ".volume");
    faults.at("acquire volume, half done");
    return List.of(layer);
  }

  @Override
  public void release(String user) {
    leases.remove(user);
    leases.remove(user + ".volume");
  }

  @Override
  public Set<String> users() {
    return Set.copyOf(leases);
  }
}
