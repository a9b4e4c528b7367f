package io.jukung.runtime.service;

import io.jukung.cri.v1.VersionRequest;
import io.jukung.cri.v1.VersionResponse;

/** Who this runtime is. */
public final class Version {
  /** The protocol's own version, which every runtime answers. */
  private static final String CRI_CLIENT_VERSION = "0.1.0";

  private static final String NAME = "jukung";
  private static final String API = "v1";

  private final String version;

  /**
   * Answers with this.
   *
   * @param version of jukung, semantic
   */
  public Version(String version) {
    this.version = version;
  }

  public VersionResponse call(VersionRequest request) {
    return VersionResponse.newBuilder()
        .setVersion(CRI_CLIENT_VERSION)
        .setRuntimeName(NAME)
        .setRuntimeVersion(version)
        .setRuntimeApiVersion(API)
        .build();
  }
}
