package io.jukung.runtime.volume;

import io.jukung.client.v1.RemoveVolumeRequest;
import io.jukung.client.v1.RemoveVolumeResponse;
import io.jukung.cri.CriException;
import io.jukung.linux.fs.DiskUsage;
import java.io.IOException;

/** RemoveVolume: removes a volume that no container uses, with its content. */
public final class RemoveVolume {
  private final Volumes volumes;

  public RemoveVolume(Volumes volumes) {
    this.volumes = volumes;
  }

  public RemoveVolumeResponse call(RemoveVolumeRequest request) throws IOException {
    if (request.getName().isEmpty()) {
      throw CriException.invalidArgument("RemoveVolume: name is empty");
    }
    DiskUsage freed =
        request.getUnusedOnly()
            ? volumes.removeUnused(request.getName())
            : volumes.remove(request.getName());
    return RemoveVolumeResponse.newBuilder().setFreedBytes(freed.bytes()).build();
  }
}
