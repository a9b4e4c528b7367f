package io.jukung.engine.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.v1.CDIDevice;
import io.jukung.engine.http.HttpError;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The devices of the Container Device Interface that a container asks for in
 * HostConfig.DeviceRequests: docker's client sends its options {@code --gpus} and {@code --device
 * VENDOR/CLASS=NAME} so.
 */
final class DeviceRequests {
  /** The CDI kind of the devices that {@code --gpus} means, as docker has it. */
  private static final String GPU = "nvidia.com/gpu";

  private static final int MAX_GPUS = 64;

  /** What a GPU can be asked to do. A CDI device of this kind always can do all of it. */
  private static final Set<String> CAPABILITIES =
      Set.of("gpu", "nvidia", "compute", "compat32", "graphics", "utility", "video", "display");

  private DeviceRequests() {}

  /**
   * Returns the devices.
   *
   * @throws HttpError 501 for a driver or a capability that is not there
   */
  static List<CDIDevice> of(Fields host) {
    List<String> names = new ArrayList<>();
    for (Fields each : host.objects("DeviceRequests")) {
      String driver = each.text("Driver");
      switch (driver) {
        case "cdi" -> names.addAll(each.texts("DeviceIDs"));
        case "", "nvidia" -> addGpus(names, each);
        default -> throw HttpError.notImplemented("HostConfig.DeviceRequests.Driver " + driver);
      }
      each.requireNoOther();
    }
    return names.stream().map(each -> CDIDevice.newBuilder().setName(each).build()).toList();
  }

  private static void addGpus(List<String> names, Fields request) {
    for (JsonNode all : request.get("Capabilities")) {
      for (JsonNode each : all) {
        if (!CAPABILITIES.contains(each.asText())) {
          throw HttpError.notImplemented("HostConfig.DeviceRequests.Capabilities " + each.asText());
        }
      }
    }
    List<String> ids = request.texts("DeviceIDs");
    long count = request.number("Count");
    if (!ids.isEmpty() && count != 0) {
      throw HttpError.badRequest("cannot set both Count and DeviceIDs on device request");
    }
    if (count == -1) {
      names.add(GPU + "=all");
    } else if (count < -1 || count > MAX_GPUS) {
      throw HttpError.badRequest("invalid HostConfig.DeviceRequests.Count: " + count);
    } else if (ids.isEmpty()) {
      IntStream.range(0, (int) count).forEach(each -> names.add(GPU + "=" + each));
    } else {
      ids.forEach(each -> names.add(GPU + "=" + each));
    }
  }
}
