import { z } from "zod";
import type { Card } from "../card.ts";
import type { Picture } from "../card-text.ts";
import { within, type SurfaceLog } from "../heard.ts";
import type { ReadChart } from "../surface.ts";
import { explain } from "./errors.ts";
import type { CallSlack } from "./people.ts";

const uploadAnswer = z.object({ upload_url: z.string(), file_id: z.string() });

/** A card waits this long for its picture, then goes without. */
const uploadLimitMs = 12_000;
const rememberedFiles = 500;

export type Pictures = ReturnType<typeof createPictures>;

/**
 * Brings a card's picture to Slack. The file is not shared anywhere by itself: the image block of the card shows
 * it to whoever may read the card. https://docs.slack.dev/messaging/working-with-files
 */
export function createPictures(deps: { call: CallSlack; readChart: ReadChart; log: SurfaceLog }) {
  /** Chart address -> Slack's file id, so that an edit with the same picture uploads nothing. */
  const files = new Map<string, string>();

  async function pictureOf(card: Card): Promise<Picture> {
    if (card.image === null) return null;
    const known = files.get(card.image.url);
    if (known !== undefined) return { ref: known };
    try {
      const png = await deps.readChart(card.image.url);
      if (png === null) return "unavailable";
      const id = await within(uploadLimitMs, upload(png, card.image.alt, card.title), "the upload");
      if (files.size >= rememberedFiles) files.clear();
      files.set(card.image.url, id);
      return { ref: id };
    } catch (error) {
      deps.log.warn({ card: card.id, reason: explain(error) }, "a chart could not be uploaded to Slack");
      return "unavailable";
    }
  }

  async function upload(png: Buffer, alt: string, title: string): Promise<string> {
    const asked = await deps.call("files.getUploadURLExternal", {
      filename: "chart.png",
      length: png.byteLength,
      alt_txt: alt.slice(0, 1_000),
    });
    const { upload_url, file_id } = uploadAnswer.parse(asked);
    const form = new FormData();
    form.append("filename", new Blob([new Uint8Array(png)], { type: "image/png" }), "chart.png");
    const sent = await fetch(upload_url, {
      method: "POST",
      body: form,
      signal: AbortSignal.timeout(uploadLimitMs),
    });
    if (!sent.ok) throw new Error(`the upload was answered with ${sent.status}`);
    await deps.call("files.completeUploadExternal", { files: [{ id: file_id, title: title.slice(0, 200) }] });
    return file_id;
  }

  return { pictureOf, forget: (card: Card) => card.image !== null && files.delete(card.image.url) };
}
