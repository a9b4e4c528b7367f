package io.jukung.runtime.volume;

import io.jukung.client.v1.CreateVolumeRequest;
import io.jukung.client.v1.CreateVolumeResponse;
import io.jukung.cri.CriException;
import java.io.IOException;

/** CreateVolume: makes a volume, or finds the one that was made in the same way. */
public final class CreateVolume {
  /** The only driver. */
  static final String LOCAL = "local";

  private final Volumes volumes;

  public CreateVolume(Volumes volumes) {
    this.volumes = volumes;
  }

  public CreateVolumeResponse call(CreateVolumeRequest request) throws IOException {
    String name = request.getName();
    if (!name.isEmpty() && !Volumes.isName(name)) {
      throw CriException.invalidArgument(
          "CreateVolume: not a name: \""
              + name
              + "\" (2 to 200 letters, digits, _ . -, the first a letter or digit)");
    }
    if (!request.getDriver().isEmpty() && !request.getDriver().equals(LOCAL)) {
      throw CriException.invalidArgument(
          "CreateVolume: there is no driver " + request.getDriver() + ", only " + LOCAL);
    }
    if (!request.getOptionsMap().isEmpty()) {
      try {
        var _ = VolumeOptions.parse(request.getOptionsMap());
      } catch (IllegalArgumentException e) {
        throw CriException.invalidArgument("CreateVolume: " + e.getMessage());
      }
    }
    VolumeRecord made =
        volumes.create(
            name, request.getOptionsMap(), request.getLabelsMap(), request.getForContainer());
    return CreateVolumeResponse.newBuilder()
        .setVolume(ListVolumes.view(volumes, made, /* withSize= */ false))
        .build();
  }
}
