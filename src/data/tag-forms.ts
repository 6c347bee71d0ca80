import extracted from './tag-forms.json' with { type: 'json' };

/** How a type of resource is tagged. */
export interface TagForm {
  readonly property: string;
  /** A list of `Key` and `Value`, or a map. */
  readonly form: 'list' | 'map';
  /** A changed tag makes a new resource. */
  readonly isReplaced: boolean;
}

/** @source https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-resources-and-properties.html */
const serverless = ['Api', 'Application', 'Function', 'GraphQLApi', 'HttpApi', 'SimpleTable', 'StateMachine'];

// What SAM takes counts, not what the registry's schemas of its types say.
const forms: ReadonlyMap<string, TagForm> = new Map<string, TagForm>([
  ...(['list', 'map'] as const).flatMap((form) =>
    Object.entries(extracted[form]).flatMap(([property, types]) =>
      types.map((type) => [type, { property, form, isReplaced: extracted.replaced.includes(type) }] as const),
    ),
  ),
  ...serverless.map(
    (name) => [`AWS::Serverless::${name}`, { property: 'Tags', form: 'map', isReplaced: false }] as const,
  ),
]);

/** `undefined` for what cannot be tagged. */
export function tagFormOf(type: string): TagForm | undefined {
  return forms.get(type);
}

export const taggableTypes: readonly string[] = [...forms.keys()];
