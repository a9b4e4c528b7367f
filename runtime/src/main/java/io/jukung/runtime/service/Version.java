package io.jukung.runtime.service;

import io.jukung.cri.v1.VersionRequest;
import io.jukung.cri.v1.VersionResponse;

/** Version: returns the name and the versions of this runtime. */
public final class Version {
  /** The version of the CRI protocol, the same for every runtime. */
  private static final String CRI_CLIENT_VERSION = "0.1.0";

  private static final String NAME = "jukung";
  private static final String API = "v1";

  private final String version;

  /**
   * Makes the call.
   *
   * @param version the semantic version of jukung
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
