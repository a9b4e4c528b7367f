package io.jukung.runtime.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.runtime.store.ContainerRecord;
import java.io.IOException;
import java.time.Instant;

/**
 * {@code config.dump}: which container an archive is of. The names are those of checkpointctl's
 * ContainerConfig.
 *
 * @param rootfsImage the image as the request for the container named it
 * @param rootfsImageRef the image's id, which a restore compares
 * @param rootfsImageName the name of the image that the user has given
 * @param runtime what has made the checkpoint
 * @param createdTime RFC 3339
 * @param checkpointedTime RFC 3339
 * @param restored always false
 */
record ConfigDump(
    String id,
    String name,
    String rootfsImage,
    String rootfsImageRef,
    String rootfsImageName,
    String runtime,
    String createdTime,
    String checkpointedTime,
    boolean restored) {
  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final String RUNTIME = "jukung";

  static ConfigDump of(ContainerRecord container) {
    String asked = container.image().image();
    String named = container.image().userSpecifiedImage();
    return new ConfigDump(
        container.id(),
        container.name().name(),
        asked,
        container.imageId(),
        named == null || named.isEmpty() ? asked : named,
        RUNTIME,
        Instant.ofEpochSecond(0, container.createdAt()).toString(),
        Instant.now().toString(),
        false);
  }

  byte[] toJson() throws IOException {
    return JSON.writeValueAsBytes(this);
  }
}
