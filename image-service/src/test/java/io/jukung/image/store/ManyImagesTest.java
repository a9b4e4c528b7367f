package io.jukung.image.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.StreamImagesRequest;
import io.jukung.cri.v1.StreamImagesResponse;
import io.jukung.image.pull.TestImage;
import io.jukung.image.service.ListImages;
import io.jukung.image.service.StreamImages;
import io.jukung.image.transfer.ImageImporter;
import io.jukung.image.transfer.TestArchive;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lists of images that need more than one message. */
class ManyImagesTest {
  private static final int IMAGES = 450;

  @TempDir Path temporary;

  @Test
  void streamHasEachImageOnceInMessagesOfAtMost200Images() throws Exception {
    Map<String, TestImage> images = new HashMap<>();
    for (int i = 0; i < IMAGES; i++) {
      String variant = "v" + i;
      images.put(
          "app:" + i, TestImage.of().config(config -> config.put("variant", variant)).build());
    }
    Path layout = Files.createDirectory(temporary.resolve("layout"));
    TestArchive.layouts(images).writeTo(layout);
    ImageStore store = ImageStore.open(ImageStoreSettings.of(temporary.resolve("images")));
    new ImageImporter(store).importFrom(layout, "", /* pin= */ false);

    ListImages list = new ListImages(store);
    List<StreamImagesResponse> parts = new ArrayList<>();
    new StreamImages(list).call(StreamImagesRequest.getDefaultInstance(), parts::add);
    assertThat(parts.stream().map(StreamImagesResponse::getImagesCount))
        .containsExactly(200, 200, 50);
    List<Image> streamed = parts.stream().flatMap(part -> part.getImagesList().stream()).toList();
    assertThat(streamed)
        .doesNotHaveDuplicates()
        .isEqualTo(list.call(ListImagesRequest.getDefaultInstance()).getImagesList());
  }
}
